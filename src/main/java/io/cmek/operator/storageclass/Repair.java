package io.cmek.operator.storageclass;

import java.util.Collection;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/** What is put back of a StorageClass, because it decides whether, and with which key, volumes are encrypted. Anything else is left. */
public enum Repair {
    /** The StorageClass as a whole. */
    MISSING("missing"),
    PROVISIONER("provisioner"),
    ENCRYPTED("parameters.encrypted"),
    KMS_KEY_ID("parameters.kmsKeyId");

    private final String field;

    Repair(String field) {
        this.field = field;
    }

    /** As it is in a manifest. */
    public String field() {
        return field;
    }

    /** Unchangeable, in a fixed order. */
    public static Set<Repair> copyOf(Collection<Repair> repairs) {
        return Collections.unmodifiableSet(new TreeSet<>(repairs));
    }
}
