package io.cmek.operator.aws;

import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * The credentials for AWS calls: a tenant's role to assume, or the operator's own credentials if no role is named.
 *
 * @param roleArn the role to assume through STS, or null for the operator's own credentials
 * @param externalId the external id in the role's trust policy (IAM User Guide, "The confused deputy problem")
 */
public record CredentialScope(
        @Nullable String roleArn, @Nullable String externalId) implements Comparable<CredentialScope> {

    private static final Comparator<CredentialScope> ORDER = Comparator.comparing(
                    CredentialScope::roleArn, Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparing(CredentialScope::externalId, Comparator.nullsFirst(Comparator.naturalOrder()));

    /** The operator's own credentials, from the SDK's default credential chain. */
    public static final CredentialScope OWN = new CredentialScope(null, null);

    @Override
    public int compareTo(CredentialScope other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return roleArn == null ? "the operator's own credentials" : roleArn;
    }
}
