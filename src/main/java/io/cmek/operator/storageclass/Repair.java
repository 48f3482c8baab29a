package io.cmek.operator.storageclass;

import java.util.Collection;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * A field of a StorageClass that the operator repairs, because it decides whether and with which key volumes are encrypted. Other fields are not
 * repaired.
 */
public enum Repair {
    /** The whole StorageClass. */
    MISSING("missing"),
    PROVISIONER("provisioner"),
    ENCRYPTED("parameters.encrypted"),
    KMS_KEY_ID("parameters.kmsKeyId");

    private final String field;

    Repair(String field) {
        this.field = field;
    }

    /** The field's name in a manifest. */
    public String field() {
        return field;
    }

    /** An immutable copy in a fixed order. */
    public static Set<Repair> copyOf(Collection<Repair> repairs) {
        return Collections.unmodifiableSet(new TreeSet<>(repairs));
    }
}
