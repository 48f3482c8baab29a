package io.cmek.operator.awscontrol;

import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.request.EncryptionRequest;

/** Receives what the controllers of keys and buckets did, to emit Kubernetes Events. Implementations must not block. */
public interface ControllerEvents {

    /** The operator has repaired a change by another writer. */
    void repaired(EncryptionRequest request, DriftRepair drift);

    /**
     * A write finished for a resource that was deleted, without its finalizer, during the write. The result stays in AWS.
     *
     * @param what a sentence
     */
    void leftBehind(EncryptionRequest gone, String what);

    ControllerEvents NONE = new ControllerEvents() {
        @Override
        public void repaired(EncryptionRequest request, DriftRepair drift) {}

        @Override
        public void leftBehind(EncryptionRequest gone, String what) {}
    };
}
