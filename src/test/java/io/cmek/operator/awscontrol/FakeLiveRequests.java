package io.cmek.operator.awscontrol;

import io.cmek.operator.index.Authorization;
import io.cmek.operator.index.LastApplied;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.request.EncryptionRequest;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The API server, read past every cache: what it has may differ from what the index has. */
final class FakeLiveRequests implements LiveRequests {

    private final Authorization authorization;

    /** By uid. */
    final Map<String, EncryptionRequest> requests = new TreeMap<>();

    /** By uid: the namespaces of objects that this version cannot read, and may name any key. */
    final Map<String, String> unreadable = new TreeMap<>();

    /** As a sentence's end; null while reads succeed. */
    @Nullable
    String failing;

    int reads;

    FakeLiveRequests(Authorization authorization) {
        this.authorization = authorization;
    }

    @Override
    public Reading read() {
        reads++;
        if (failing != null) {
            return new Reading.Failed(failing);
        }
        var all = new RequestIndex(authorization);
        requests.values().forEach(request -> all.put(request, LastApplied.NOTHING));
        unreadable.forEach((uid, namespace) -> all.putUnreadable(uid, namespace, Set.of(), true, true));
        return new Reading.Read(all);
    }
}
