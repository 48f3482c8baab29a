package io.cmek.operator.tenancy;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** All tenants of this installation. */
public record Tenants(List<Tenant> all) {

    public Tenants {
        all = List.copyOf(all);
    }

    /** The tenant whose most specific namespace pattern matches; among equals, the first by name. */
    public Optional<Tenant> of(String namespace) {
        record Match(Tenant tenant, Glob glob) {}
        return all.stream()
                .flatMap(t -> t.namespaces().stream()
                        .filter(g -> g.matches(namespace))
                        .map(g -> new Match(t, g)))
                .max(Comparator.comparing(Match::glob)
                        .thenComparing(m -> m.tenant().name(), Comparator.reverseOrder()))
                .map(Match::tenant);
    }
}
