package io.cmek.operator.claim;

import io.cmek.operator.key.KeyArn;
import io.cmek.operator.policy.Publication;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The files that a claim in Publish mode gives to the owners of its keys, by name. For each key there are {@code <purposes>.json}, the whole
 * policy document, and {@code <purposes>.cli}, the command that puts it; or, where there is no document, {@code <purposes>.txt}, which says
 * why. A key that is for two purposes has one set: {@code data-backup}. Those of a ReplicaCmek begin with {@code replica-}, because a
 * Workgroup of the same name shares the ConfigMap.
 *
 * @param entries text by file name; empty where nothing is published
 */
public record KeyPolicyFiles(Map<String, String> entries) {

    private static final String SUFFIX = "-key-policy";
    private static final String REPLICA = "replica-";
    private static final String WHY_NOT = ".txt";
    private static final Pattern OURS =
            Pattern.compile("(" + REPLICA + ")?(data|backup|primary)(-(data|backup|primary))*\\.(json|cli|txt)");

    public static final KeyPolicyFiles NONE = new KeyPolicyFiles(Map.of());

    public KeyPolicyFiles {
        entries = Map.copyOf(entries);
    }

    public static KeyPolicyFiles of(Claim claim, Map<KeyArn, Publication> publications) {
        var files = new TreeMap<String, String>();
        publications.forEach((key, publication) -> {
            String name = baseName(claim, key);
            switch (publication) {
                case Publication.Document(var policy) -> {
                    files.put(name + ".json", policy.publishedText() + "\n");
                    files.put(name + ".cli", command(key, name + ".json") + "\n");
                }
                case Publication.None(String why) -> files.put(name + WHY_NOT, why + "\n");
            }
        });
        return new KeyPolicyFiles(files);
    }

    /** The ConfigMap that has the files of a resource. */
    public static String configMapOf(String resource) {
        return resource + SUFFIX;
    }

    /** The resource whose files a ConfigMap of this name has; empty where the name is not one that the operator gives. */
    public static Optional<String> resourceOf(String configMap) {
        return configMap.endsWith(SUFFIX)
                ? Optional.of(configMap.substring(0, configMap.length() - SUFFIX.length()))
                : Optional.empty();
    }

    /** Why there is no document where there is none, as sentences. */
    public List<String> impossible() {
        return entries.entrySet().stream()
                .filter(file -> file.getKey().endsWith(WHY_NOT))
                .sorted(Map.Entry.comparingByKey())
                .map(file -> file.getValue().strip())
                .toList();
    }

    public boolean isEmpty() {
        return entries.isEmpty();
    }

    /** Whether a file of this name is one that a resource of the kind publishes. */
    public static boolean isOf(String kind, String file) {
        return OURS.matcher(file).matches() && file.startsWith(REPLICA) == isReplica(kind);
    }

    private static boolean isReplica(String kind) {
        return kind.equals("ReplicaCmek");
    }

    private static String baseName(Claim claim, KeyArn key) {
        return (isReplica(claim.id().kind()) ? REPLICA : "")
                + claim.keys().stream()
                        .filter(use -> use.key().equals(key))
                        .map(use -> use.purpose().name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining("-"));
    }

    private static String command(KeyArn key, String file) {
        return "aws kms put-key-policy --region " + key.region() + " --key-id " + key
                + " --policy-name default --policy file://" + file;
    }
}
