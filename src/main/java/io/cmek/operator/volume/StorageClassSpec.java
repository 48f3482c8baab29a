package io.cmek.operator.volume;

import io.cmek.operator.claim.ClaimId;
import io.cmek.operator.claim.VolumeUse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A StorageClass, as far as the operator cares (Kubernetes API, "StorageClass"; AWS EBS CSI driver, "StorageClass parameters").
 *
 * @param owner the claim that it belongs to, in words; empty for a StorageClass that the operator did not make
 */
public record StorageClassSpec(
        String name,
        String owner,
        String provisioner,
        Map<String, String> parameters,
        String reclaimPolicy,
        String volumeBindingMode,
        boolean allowVolumeExpansion) {

    public StorageClassSpec {
        parameters = Map.copyOf(parameters);
    }

    /** What the StorageClass of a claim should be. */
    public static StorageClassSpec desired(ClaimId owner, VolumeUse use) {
        // The CSI driver compares names without case: one in another spelling must not contend with ours.
        var parameters = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        parameters.putAll(use.parameters());
        parameters.keySet().removeAll(Set.of("encrypted", "kmsKeyId"));
        parameters.put("encrypted", "true");
        parameters.put("kmsKeyId", use.key().toString());
        return new StorageClassSpec(
                use.storageClassName(),
                owner.toString(),
                "ebs.csi.aws.com",
                parameters,
                use.reclaimPolicy().name(),
                "WaitForFirstConsumer",
                true);
    }

    /** The names of what differs, as they are in a manifest, in a fixed order. */
    public List<String> differences(StorageClassSpec other) {
        var names = new ArrayList<String>();
        if (!provisioner.equals(other.provisioner)) {
            names.add("provisioner");
        }
        Stream.concat(parameters.keySet().stream(), other.parameters.keySet().stream())
                .distinct()
                .sorted()
                .filter(p -> !Objects.equals(parameters.get(p), other.parameters.get(p)))
                .map(p -> "parameters." + p)
                .forEach(names::add);
        if (!reclaimPolicy.equals(other.reclaimPolicy)) {
            names.add("reclaimPolicy");
        }
        if (!volumeBindingMode.equals(other.volumeBindingMode)) {
            names.add("volumeBindingMode");
        }
        if (allowVolumeExpansion != other.allowVolumeExpansion) {
            names.add("allowVolumeExpansion");
        }
        return names;
    }

    /** Only the permission to expand can be changed in place; all else of a StorageClass is immutable. */
    boolean differsInImmutables(StorageClassSpec other) {
        return !provisioner.equals(other.provisioner)
                || !parameters.equals(other.parameters)
                || !reclaimPolicy.equals(other.reclaimPolicy)
                || !volumeBindingMode.equals(other.volumeBindingMode);
    }
}
