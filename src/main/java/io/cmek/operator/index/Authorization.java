package io.cmek.operator.index;

import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.request.BucketUse;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.KeyUse;
import io.cmek.operator.tenancy.Tenant;
import io.cmek.operator.tenancy.Tenants;
import java.util.Optional;

/** Decides which keys and buckets each request may use, by its namespace and the platform team's tenants. */
public record Authorization(Tenants tenants) {

    private static final Tenant.Principals UNKNOWN = Tenant.Principals.of("<ARN of the service's data-plane role>");

    public Optional<Tenant> tenantOf(EncryptionRequest request) {
        return tenants.of(request.id().namespace());
    }

    /** The principals that use the keys of the request. Where no tenant covers its namespace, a placeholder that says what to fill in. */
    public Tenant.Principals principalsFor(EncryptionRequest request) {
        return tenantOf(request).map(Tenant::principals).orElse(UNKNOWN);
    }

    /** Whether the tenant of the request may use the key. */
    public boolean mayUse(EncryptionRequest request, KeyArn key) {
        return tenantOf(request).filter(tenant -> tenant.mayUse(key)).isPresent();
    }

    /** The access that the request adds to the policy of the key. None where its tenant may not use this key, even if it may use another replica. */
    public AccessRequirements requiredFor(EncryptionRequest request, KeyArn key) {
        return tenantOf(request)
                .filter(tenant -> tenant.mayUse(key))
                .map(tenant -> request.requires(key, tenant))
                .orElse(AccessRequirements.NONE);
    }

    /** The access that the request needs on the key itself. None where its tenant may not use it. */
    public AccessRequirements neededBy(EncryptionRequest request, KeyArn key) {
        return tenantOf(request)
                .filter(tenant -> tenant.mayUse(key))
                .map(tenant -> request.wants(key, tenant))
                .orElse(AccessRequirements.NONE);
    }

    /**
     * The access that the request's status suggests on one key line. On a key that its tenant may not use, the access of others is left out: it is
     * confidential.
     *
     * @param suggested what all requests on the key need together
     */
    public AccessRequirements shownFor(EncryptionRequest request, KeyUse use, AccessRequirements suggested) {
        AccessRequirements own = EncryptionRequest.wants(use, principalsFor(request));
        return mayUse(request, use.key()) ? own.plus(suggested.only(use.statements())) : own;
    }

    /** Whether the access changes a key line in the request's status. */
    boolean showsAny(EncryptionRequest request, KeyArn key, AccessRequirements access) {
        return mayUse(request, key)
                && request.keys().stream()
                        .filter(use -> use.key().equals(key))
                        .anyMatch(use -> !access.only(use.statements())
                                .minus(EncryptionRequest.wants(use, principalsFor(request)))
                                .isEmpty());
    }

    /** The result of {@code Accepted} for tenant, keys and buckets alone, without other requests. */
    public ConditionResult judge(EncryptionRequest request) {
        Optional<Tenant> found = tenantOf(request);
        if (found.isEmpty()) {
            return ConditionResult.ofFalse(
                    Reason.NamespaceNotPermitted,
                    "No tenant of this installation covers the namespace '"
                            + request.id().namespace()
                            + "'. The platform team can add it to cmek.tenants.<name>.namespaces.");
        }
        Tenant tenant = found.get();
        for (KeyUse use : request.keys()) {
            if (!tenant.mayUse(use.key())) {
                return ConditionResult.ofFalse(
                        Reason.KeyNotPermitted,
                        request.label(use.key()) + " is not among the keys of the tenant '" + tenant.name()
                                + "' of namespace '"
                                + request.id().namespace()
                                + "'. Use a permitted key, or ask the platform team to add this one to cmek.tenants."
                                + tenant.name() + ".keys.");
            }
        }
        for (BucketUse use : request.buckets()) {
            if (!tenant.mayUseBucket(use.name())) {
                return ConditionResult.ofFalse(
                        Reason.BucketNotPermitted,
                        use.label() + " is not among the buckets of the tenant '" + tenant.name() + "' of namespace '"
                                + request.id().namespace()
                                + "'. Use a permitted bucket, or ask the platform team to add this one to cmek.tenants."
                                + tenant.name() + ".buckets.");
            }
        }
        return ConditionResult.ofTrue(
                Reason.Accepted, "The tenant '" + tenant.name() + "' may use all keys and buckets of this resource.");
    }
}
