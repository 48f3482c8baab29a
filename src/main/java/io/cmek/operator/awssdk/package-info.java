/**
 * The only package that calls AWS, and the only one that uses the AWS SDK. Failures of AWS or the network become {@link
 * io.cmek.operator.aws.AwsError}. No SDK exception leaves this package.
 */
@NullMarked
package io.cmek.operator.awssdk;

import org.jspecify.annotations.NullMarked;
