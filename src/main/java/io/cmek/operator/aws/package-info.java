/** What AWS answers, told without the AWS SDK: the vocabulary that the pure packages share with {@code aws}. */
@NullMarked
package io.cmek.operator.aws;

import org.jspecify.annotations.NullMarked;
