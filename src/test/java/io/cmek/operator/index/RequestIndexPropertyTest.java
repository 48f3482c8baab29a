package io.cmek.operator.index;

import static io.cmek.operator.index.RandomRequests.BUCKETS;
import static io.cmek.operator.index.RandomRequests.MERGE;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.ResourceRef;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Whatever comes and goes, in whatever order, the index answers as if it had been made of all living requests at once. */
class RequestIndexPropertyTest {

    private enum Step {
        ADD,
        CHANGE,
        REPEAT,
        REPLACE_BEFORE_REMOVAL,
        REPLACE_AFTER_REMOVAL,
        REMOVE,
        REMOVE_UNKNOWN,
        UNREADABLE,
        READABLE_AGAIN
    }

    /** What an index answers at one moment, as far as somebody acts on it. */
    private record Answers(
            Map<KeyArn, KeyRequests> keys,
            Map<KeyArn, Boolean> needed,
            Map<String, BucketRequests> buckets,
            Map<String, AllRequests.Own> resources) {}

    private static final class World {

        final Random random;
        final RandomRequests requests;
        final RequestIndex index;
        final TreeMap<String, EncryptionRequest> living = new TreeMap<>();
        final TreeMap<String, AllRequests.Unreadable> unreadable = new TreeMap<>();
        final Map<Step, Integer> steps = new EnumMap<>(Step.class);

        /** The second half of a step that has begun. */
        private final Deque<Function<Set<ResourceRef>, Changes>> next = new ArrayDeque<>();

        private int made;

        World(Random random, boolean sharesRole) {
            this.random = random;
            this.requests = new RandomRequests(random, sharesRole);
            this.index = new RequestIndex(new Authorization(requests.tenants()));
        }

        AllRequests all() {
            return new AllRequests(
                    index.authorization(), List.copyOf(living.values()), List.copyOf(unreadable.values()));
        }

        Answers answers() {
            AllRequests all = all();
            var resources = new HashMap<String, AllRequests.Own>();
            living.values().forEach(request -> resources.put(request.uid(), all.own(request)));
            return new Answers(
                    requests.keys().stream().collect(Collectors.toMap(key -> key, all::viewOf)),
                    requests.keys().stream().collect(Collectors.toMap(key -> key, all::mayBeNeededByUnreadable)),
                    BUCKETS.stream().collect(Collectors.toMap(bucket -> bucket, all::viewOf)),
                    resources);
        }

        private String newUid() {
            return "uid-" + random.nextInt(1000) + "-" + made++;
        }

        /** @param own of the resources that the step itself is about */
        Changes step(Set<ResourceRef> own) {
            if (!next.isEmpty()) {
                return next.remove().apply(own);
            }
            Step step = random.nextInt(3) == 0 ? Step.ADD : requests.one(List.of(Step.values()));
            if (living.isEmpty() && step != Step.UNREADABLE) {
                step = Step.ADD;
            }
            steps.merge(step, 1, Integer::sum);
            EncryptionRequest any = living.isEmpty() ? null : requests.one(List.copyOf(living.values()));
            return switch (step) {
                case ADD -> put(requests.request(requests.id(), newUid(), requests.createdAt()), own);
                case CHANGE -> put(requests.request(any.id(), any.uid(), any.createdAt()), own);
                case REPEAT -> put(any, own);
                case REPLACE_BEFORE_REMOVAL -> {
                    next.add(then -> remove(any.uid(), then));
                    yield put(requests.request(any.id(), newUid(), requests.createdAt()), own);
                }
                case REPLACE_AFTER_REMOVAL -> {
                    EncryptionRequest again = requests.request(any.id(), newUid(), requests.createdAt());
                    next.add(then -> put(again, then));
                    yield remove(any.uid(), own);
                }
                case REMOVE -> remove(any.uid(), own);
                case REMOVE_UNKNOWN -> {
                    Changes changes = index.remove("nobody's");
                    assertThat(changes.isEmpty()).isTrue();
                    yield changes;
                }
                case UNREADABLE -> {
                    var found = requests.unreadable(any == null || random.nextBoolean() ? newUid() : any.uid());
                    living.remove(found.uid());
                    unreadable.put(found.uid(), found);
                    yield index.putUnreadable(
                            found.uid(), found.namespace(), found.keyArns(), found.namesMore(), found.served());
                }
                case READABLE_AGAIN -> {
                    if (unreadable.isEmpty()) {
                        yield put(requests.request(any.id(), any.uid(), any.createdAt()), own);
                    }
                    String uid = unreadable.firstKey();
                    yield random.nextBoolean()
                            ? put(requests.request(requests.id(), uid, requests.createdAt()), own)
                            : remove(uid, own);
                }
            };
        }

        private Changes put(EncryptionRequest request, Set<ResourceRef> own) {
            own.add(request.id());
            living.put(request.uid(), request);
            unreadable.remove(request.uid());
            return index.put(request, LastApplied.NOTHING);
        }

        private Changes remove(String uid, Set<ResourceRef> own) {
            EncryptionRequest before = living.remove(uid);
            if (before != null) {
                own.add(before.id());
            }
            unreadable.remove(uid);
            return index.remove(uid);
        }

        void run(int length) {
            for (int i = 0; i < length; i++) {
                Answers before = answers();
                var own = new HashSet<ResourceRef>();
                Changes changes = step(own);
                Answers after = answers();
                check(after);
                check(changes, before, after);
            }
        }

        private void check(Answers expected) {
            AllRequests all = all();
            assertThat(index.keys())
                    .containsExactlyElementsOf(living.values().stream()
                            .flatMap(c -> c.distinctKeys().stream())
                            .distinct()
                            .sorted()
                            .toList());
            assertThat(index.buckets())
                    .containsExactlyElementsOf(living.values().stream()
                            .flatMap(c -> c.buckets().stream().map(b -> b.name()))
                            .distinct()
                            .sorted()
                            .toList());
            assertThat(index.unreadable()).isEqualTo(unreadable.size());
            expected.keys().forEach((key, view) -> {
                assertThat(index.onKey(key)).as("on %s", key).isEqualTo(view);
                assertThat(index.suggestedOn(key)).isEqualTo(view.suggested());
                assertThat(index.requestsOn(key)).containsExactlyInAnyOrderElementsOf(all.on(key));
                assertThat(index.mayBeNeededByUnreadable(key))
                        .isEqualTo(expected.needed().get(key));
            });
            expected.buckets().forEach((bucket, view) -> {
                assertThat(index.onBucket(bucket)).as("on %s", bucket).isEqualTo(view);
                assertThat(index.requestsOnBucket(bucket)).containsExactlyInAnyOrderElementsOf(all.onBucket(bucket));
            });
            Stream.concat(living.values().stream(), Stream.of(stranger())).forEach(request -> {
                assertThat(index.judge(request)).as("of %s", request).isEqualTo(all.judge(request));
                for (KeyArn key : requests.keys()) {
                    assertThat(index.neededBesides(request, key, MERGE::given))
                            .as("besides %s on %s", request, key)
                            .isEqualTo(all.neededBesides(request, key, MERGE::given));
                    assertThat(index.otherRequestsOn(key, request))
                            .as("with %s on %s", request, key)
                            .isEqualTo(all.otherRequestsOn(key, request));
                }
            });
            living.values()
                    .forEach(request -> assertThat(index.find(request.uid())).contains(request));
        }

        /** Not in the index, or there in another version. */
        private EncryptionRequest stranger() {
            if (living.isEmpty() || random.nextBoolean()) {
                return requests.request(requests.id(), "uid-" + random.nextInt(1000), requests.createdAt());
            }
            EncryptionRequest known = requests.one(List.copyOf(living.values()));
            return requests.request(known.id(), known.uid(), known.createdAt());
        }

        private static void check(Changes changes, Answers before, Answers after) {
            after.keys().forEach((key, view) -> {
                if (!view.equals(before.keys().get(key))
                        || (!view.isEmpty()
                                && !after.needed()
                                        .get(key)
                                        .equals(before.needed().get(key)))) {
                    assertThat(changes.keys()).contains(key);
                }
            });
            after.buckets().forEach((bucket, view) -> {
                if (!view.equals(before.buckets().get(bucket))) {
                    assertThat(changes.buckets()).contains(bucket);
                }
            });
        }
    }

    @Property(tries = 50)
    void answersAsIfItHadBeenMadeOfAllLivingRequestsAtOnce(@ForAll Random random, @ForAll boolean sharesRole) {
        new World(random, sharesRole).run(25);
    }

    /** Each answer of a resource that is different is reported, and nothing is reported to whom it does not concern. */
    @Property(tries = 50)
    void namesEveryResourceWhoseAnswerIsDifferentAndNoOther(@ForAll Random random, @ForAll boolean sharesRole) {
        var world = new World(random, sharesRole);
        for (int i = 0; i < 25; i++) {
            Answers before = world.answers();
            var livingBefore = Map.copyOf(world.living);
            var own = new HashSet<ResourceRef>();
            Changes changes = world.step(own);
            Answers after = world.answers();
            Set<ResourceRef> different = world.living.values().stream()
                    .filter(request -> !after.resources()
                                    .get(request.uid())
                                    .equals(before.resources().get(request.uid()))
                            || !request.equals(livingBefore.get(request.uid())))
                    .map(EncryptionRequest::id)
                    .collect(Collectors.toSet());
            assertThat(changes.resources()).containsAll(different);
            var allowed = new HashSet<>(different);
            allowed.addAll(own);
            assertThat(allowed).containsAll(changes.resources());
        }
    }

    @Property(tries = 50)
    void keepsNothingOfWhatIsGone(@ForAll Random random, @ForAll boolean sharesRole) {
        var world = new World(random, sharesRole);
        for (int i = 0; i < 20; i++) {
            world.step(new HashSet<>());
        }
        var uids = new ArrayList<>(world.living.keySet());
        uids.addAll(world.unreadable.keySet());
        Collections.shuffle(uids, random);
        uids.forEach(world.index::remove);

        assertThat(world.index.isEmpty()).isTrue();
    }

    /** The order in which they come makes no difference: after a restart they come in another. */
    @Property(tries = 50)
    void theOrderInWhichRequestsComeMakesNoDifference(@ForAll Random random, @ForAll boolean sharesRole) {
        var world = new World(random, sharesRole);
        for (int i = 0; i < 20; i++) {
            world.step(new HashSet<>());
        }
        var restarted = new RequestIndex(world.index.authorization());
        var shuffled = new ArrayList<>(world.living.values());
        Collections.shuffle(shuffled, random);
        shuffled.forEach(request -> restarted.put(request, LastApplied.NOTHING));

        assertThat(restarted.keys()).isEqualTo(world.index.keys());
        world.requests.keys().forEach(key -> assertThat(restarted.onKey(key)).isEqualTo(world.index.onKey(key)));
        BUCKETS.forEach(bucket -> assertThat(restarted.onBucket(bucket)).isEqualTo(world.index.onBucket(bucket)));
    }

    /** The properties above would hold in a world in which nothing happens. */
    @Test
    void theseWorldsAreFullOfWhatMatters() {
        var seen = new TreeMap<String, Integer>();
        for (int seed = 0; seed < 100; seed++) {
            var world = new World(new Random(seed), true);
            for (int i = 0; i < 25; i++) {
                world.step(new HashSet<>());
                for (KeyArn key : world.requests.keys()) {
                    KeyRequests view = world.index.onKey(key);
                    count(seen, "required", !view.required().isEmpty());
                    count(seen, "left to the owner", !view.leftToOwner().isEmpty());
                    count(seen, "probes", !view.probes().isEmpty());
                    count(
                            seen,
                            "a probe of two readers",
                            view.probes().values().stream()
                                    .anyMatch(probe -> probe.needed().size() > 1));
                    count(seen, "two writers", view.writers().size() > 1);
                    count(seen, "releasing", !view.releasing().isEmpty());
                    count(seen, "unreadable", world.index.mayBeNeededByUnreadable(key));
                }
                world.living.values().forEach(request -> {
                    Reason reason = world.index.judge(request).reason();
                    count(seen, reason.name(), true);
                    count(seen, "held", request.held() && reason == Reason.Accepted);
                });
            }
            world.steps.forEach((step, n) -> seen.merge(step.name(), n, Integer::sum));
        }
        assertThat(seen).allSatisfy((what, n) -> assertThat(n).as(what).isGreaterThan(30));
        assertThat(seen)
                .containsKeys(Stream.of(Step.values()).map(Step::name).toArray(String[]::new))
                .containsKeys(
                        "required",
                        "left to the owner",
                        "probes",
                        "a probe of two readers",
                        "two writers",
                        "releasing",
                        "unreadable",
                        "held",
                        "Accepted",
                        "Pending",
                        "NamespaceNotPermitted",
                        "KeyNotPermitted",
                        "BucketNotPermitted",
                        "BucketClaimedByAnother",
                        "WorkgroupNotFound");
    }

    private static void count(Map<String, Integer> seen, String what, boolean is) {
        if (is) {
            seen.merge(what, 1, Integer::sum);
        }
    }
}
