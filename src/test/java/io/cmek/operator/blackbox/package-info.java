/**
 * The packaged operator as its own process, against a real API server and a local AWS, driven by manifests and the AWS SDK as a user would,
 * under the chart's own ClusterRole.
 */
@NullMarked
package io.cmek.operator.blackbox;

import org.jspecify.annotations.NullMarked;
