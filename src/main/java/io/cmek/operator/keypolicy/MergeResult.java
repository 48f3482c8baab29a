package io.cmek.operator.keypolicy;

import java.util.List;

/** Result of a merge into a key policy. */
public sealed interface MergeResult {

    /** The policy already has the required access. */
    record InPlace() implements MergeResult {}

    /**
     * Replace the policy with this document, which KMS accepts.
     *
     * @param changedSids the operator's own Sids that are added, changed or removed
     */
    record Write(PolicyDocument document, List<String> changedSids) implements MergeResult {}

    /** The required access is missing, and KMS would reject the document with it. The operator must not write. */
    record Blocked(List<PolicyViolation> problems) implements MergeResult {}
}
