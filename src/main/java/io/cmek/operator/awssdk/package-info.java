/**
 * The only package that speaks to AWS, and the only one that knows the AWS SDK. Whatever AWS or the network does becomes a
 * {@link io.cmek.operator.aws.AwsError}; no exception of the SDK leaves this package.
 */
@NullMarked
package io.cmek.operator.awssdk;

import org.jspecify.annotations.NullMarked;
