package io.cmek.operator.keypolicy;

import java.util.List;

/** What is to be done about a key policy. */
public sealed interface MergeResult {

    /** The policy has all that is wanted. */
    record InPlace() implements MergeResult {}

    /**
     * The policy is to be replaced by this document, which KMS can accept.
     *
     * @param changedSids the Sids of ours that are added, changed or removed
     */
    record Write(PolicyDocument document, List<String> changedSids) implements MergeResult {}

    /** What is wanted is not there, and KMS would refuse the document that has it: nothing is to be written. */
    record Blocked(List<PolicyViolation> problems) implements MergeResult {}
}
