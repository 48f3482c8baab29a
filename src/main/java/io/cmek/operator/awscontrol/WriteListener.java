package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.key.KeyArn;
import org.jspecify.annotations.Nullable;

/** Is told of what the operator writes. Called on the thread that writes: it must be quick and must not throw. */
public interface WriteListener {

    /** @param failure why KMS did not accept the policy, null where it did */
    void policyWritten(KeyArn key, @Nullable AwsError failure);

    /** What the operator had written to the key's policy was gone when it was read again, a moment later. */
    void policyConflict(KeyArn key);

    /** Something that was in place, and was changed or removed by somebody else, is in place again. */
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
