/** Results of AWS calls without the AWS SDK: the vocabulary that the pure packages share with {@code awssdk}. */
@NullMarked
package io.cmek.operator.aws;

import org.jspecify.annotations.NullMarked;
