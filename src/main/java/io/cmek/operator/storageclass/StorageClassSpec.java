package io.cmek.operator.storageclass;

import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.request.VolumeUse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The fields of a StorageClass that the operator uses (Kubernetes API, "StorageClass"; AWS EBS CSI driver, "StorageClass parameters").
 *
 * @param labels {@link #OWNER_KIND}, {@link #OWNER_NAMESPACE} and {@link #OWNER_NAME} identify its owner
 */
public record StorageClassSpec(
        String name,
        Map<String, String> labels,
        String provisioner,
        Map<String, String> parameters,
        String reclaimPolicy,
        String volumeBindingMode,
        boolean allowVolumeExpansion) {

    /** The label that selects the StorageClasses of the operator. */
    public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

    public static final String OPERATOR = "cmek-operator";
    public static final String OWNER_KIND = "cmek.io/owner-kind";
    public static final String OWNER_NAMESPACE = "cmek.io/owner-namespace";
    public static final String OWNER_NAME = "cmek.io/owner-name";

    private static final String ENCRYPTED = "encrypted";
    private static final String KMS_KEY_ID = "kmsKeyId";

    public StorageClassSpec {
        labels = Collections.unmodifiableMap(new TreeMap<>(labels));
        parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
    }

    /** The desired StorageClass of a resource. */
    public static StorageClassSpec desired(ResourceRef owner, VolumeUse use) {
        // The CSI driver ignores the case of parameter names, so another spelling must not add a second value.
        var parameters = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        parameters.putAll(use.parameters());
        parameters.keySet().removeAll(List.of(ENCRYPTED, KMS_KEY_ID));
        parameters.put(ENCRYPTED, "true");
        parameters.put(KMS_KEY_ID, use.key().toString());
        var labels = new TreeMap<String, String>();
        labels.put(MANAGED_BY, OPERATOR);
        labels.put(OWNER_KIND, owner.kind());
        labels.put(OWNER_NAMESPACE, owner.namespace());
        labels.put(OWNER_NAME, owner.name());
        return new StorageClassSpec(
                use.storageClassName(),
                labels,
                "ebs.csi.aws.com",
                parameters,
                use.reclaimPolicy().name(),
                "WaitForFirstConsumer",
                true);
    }

    /** The resource that the labels name as the owner; empty where a label is missing. */
    public Optional<ResourceRef> owner() {
        return labels.keySet().containsAll(List.of(OWNER_KIND, OWNER_NAMESPACE, OWNER_NAME))
                ? Optional.of(
                        new ResourceRef(labels.get(OWNER_KIND), labels.get(OWNER_NAMESPACE), labels.get(OWNER_NAME)))
                : Optional.empty();
    }

    /** The fields that make volumes of the other be encrypted differently; empty where the encryption is the same. */
    public Set<Repair> decisiveDifferences(StorageClassSpec other) {
        var differences = new TreeSet<Repair>();
        if (!provisioner.equals(other.provisioner)) {
            differences.add(Repair.PROVISIONER);
        }
        if (!values(ENCRYPTED).equals(other.values(ENCRYPTED))) {
            differences.add(Repair.ENCRYPTED);
        }
        if (!values(KMS_KEY_ID).equals(other.values(KMS_KEY_ID))) {
            differences.add(Repair.KMS_KEY_ID);
        }
        return differences;
    }

    /** The values of a parameter in any spelling: the CSI driver accepts all of them, and which one wins is undefined. */
    private Set<String> values(String parameter) {
        return parameters.entrySet().stream()
                .filter(p -> p.getKey().equalsIgnoreCase(parameter))
                .map(Map.Entry::getValue)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The names of all differing fields, as in a manifest, in a fixed order. */
    public List<String> differences(StorageClassSpec other) {
        var names = new ArrayList<String>();
        if (!provisioner.equals(other.provisioner)) {
            names.add(Repair.PROVISIONER.field());
        }
        differing(parameters, other.parameters).map(p -> "parameters." + p).forEach(names::add);
        if (!reclaimPolicy.equals(other.reclaimPolicy)) {
            names.add("reclaimPolicy");
        }
        if (!volumeBindingMode.equals(other.volumeBindingMode)) {
            names.add("volumeBindingMode");
        }
        if (allowVolumeExpansion != other.allowVolumeExpansion) {
            names.add("allowVolumeExpansion");
        }
        differing(labels, other.labels).map(l -> "labels." + l).forEach(names::add);
        return names;
    }

    private static Stream<String> differing(Map<String, String> some, Map<String, String> others) {
        return Stream.concat(some.keySet().stream(), others.keySet().stream())
                .distinct()
                .sorted()
                .filter(name -> !Objects.equals(some.get(name), others.get(name)));
    }
}
