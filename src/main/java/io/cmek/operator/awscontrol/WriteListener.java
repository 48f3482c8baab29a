package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.key.KeyArn;
import org.jspecify.annotations.Nullable;

/** Receives the writes of the operator. Called on the thread that writes: implementations must be quick and must not throw. */
public interface WriteListener {

    /** @param failure why KMS did not accept the policy, null on success */
    void policyWritten(KeyArn key, @Nullable AwsError failure);

    /** A read right after a write of the operator did not show the written statements. */
    void policyConflict(KeyArn key);

    /** The operator has repaired something that another writer changed or removed. */
    void repaired(DriftRepair drift);

    WriteListener NONE = new WriteListener() {
        @Override
        public void policyWritten(KeyArn key, @Nullable AwsError failure) {}

        @Override
        public void policyConflict(KeyArn key) {}

        @Override
        public void repaired(DriftRepair drift) {}
    };
}
