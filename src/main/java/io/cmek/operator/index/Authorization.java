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

/** What each request may ask for: the platform team's decision, by the namespace of the resource. */
public record Authorization(Tenants tenants) {

    private static final Tenant.Principals UNKNOWN = Tenant.Principals.of("<ARN of the service's data-plane role>");

    public Optional<Tenant> tenantOf(EncryptionRequest request) {
        return tenants.of(request.id().namespace());
    }

    /** Who is to use the keys of the request; a text that tells what belongs there, where no tenant covers its namespace. */
    public Tenant.Principals principalsFor(EncryptionRequest request) {
        return tenantOf(request).map(Tenant::principals).orElse(UNKNOWN);
    }

    /** Whether the tenant of the request may use the key. */
    public boolean mayUse(EncryptionRequest request, KeyArn key) {
        return tenantOf(request).filter(tenant -> tenant.mayUse(key)).isPresent();
    }

    /** The access that one request has in the policy of the key. None where its tenant may not use this very key, whatever else it may use. */
    public AccessRequirements requiredFor(EncryptionRequest request, KeyArn key) {
        return tenantOf(request)
                .filter(tenant -> tenant.mayUse(key))
                .map(tenant -> request.requires(key, tenant))
                .orElse(AccessRequirements.NONE);
    }

    /** The access that one request needs of the key itself. None where its tenant may not use it. */
    public AccessRequirements neededBy(EncryptionRequest request, KeyArn key) {
        return tenantOf(request)
                .filter(tenant -> tenant.mayUse(key))
                .map(tenant -> request.wants(key, tenant))
                .orElse(AccessRequirements.NONE);
    }

    /**
     * The access that the status of a request suggests on the line of one use of a key. Not what others need of a key that its tenant may not
     * use: who has access there is none of its business.
     *
     * @param suggested what all requests on the key need together
     */
    public AccessRequirements shownFor(EncryptionRequest request, KeyUse use, AccessRequirements suggested) {
        AccessRequirements own = EncryptionRequest.wants(use, principalsFor(request));
        return mayUse(request, use.key()) ? own.plus(suggested.only(use.statements())) : own;
    }

    /** Whether a line of the request's status on the key is another one with this access than without it. */
    boolean showsAny(EncryptionRequest request, KeyArn key, AccessRequirements access) {
        return mayUse(request, key)
                && request.keys().stream()
                        .filter(use -> use.key().equals(key))
                        .anyMatch(use -> !access.only(use.statements())
                                .minus(EncryptionRequest.wants(use, principalsFor(request)))
                                .isEmpty());
    }

    /** What {@code Accepted} says of the tenant, its keys and its buckets; other requests do not count here. */
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
        return ConditionResult.ofTrue(Reason.Accepted, "The claim is within the tenant '" + tenant.name() + "'.");
    }
}
