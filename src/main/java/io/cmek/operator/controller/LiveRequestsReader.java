package io.cmek.operator.controller;

import io.cmek.operator.awscontrol.LiveRequests;
import io.cmek.operator.cluster.ApiServerError;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.resource.ResourceSelector;
import io.cmek.operator.resource.Resources;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;
import java.util.function.Supplier;

/** Lists all resources past the caches and keeps only what the index keeps. */
public record LiveRequestsReader(
        ClusterApi api, Supplier<Authorization> authorization, Optional<String> clusterRegion, ResourceSelector shard)
        implements LiveRequests {

    @Override
    public Reading read() {
        var index = new RequestIndex(authorization.get());
        var resources = new Resources(index, clusterRegion, shard);
        try {
            api.forEach(resources::put);
        } catch (KubernetesClientException e) {
            return new Reading.Failed("failed: " + ApiServerError.of(e).words() + "; it is tried again");
        }
        return new Reading.Read(index);
    }
}
