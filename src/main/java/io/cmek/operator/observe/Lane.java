package io.cmek.operator.observe;

import io.cmek.operator.cloud.Identity;

/** What one identity looks at in one region: what hangs there holds up nothing else. */
public record Lane(Identity identity, String region) {}
