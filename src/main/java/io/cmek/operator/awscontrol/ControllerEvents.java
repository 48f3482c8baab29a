package io.cmek.operator.awscontrol;

import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.request.EncryptionRequest;

/** Is told what the controllers of keys and buckets did, to tell it as an Event. It must not wait. */
public interface ControllerEvents {

    /** Something that others had changed is in place again. */
    void repaired(EncryptionRequest request, DriftRepair drift);

    /**
     * Something was written for a resource that was deleted, without its finalizer, while the write was under way; it stays.
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
