/** Tests of the plan for a StorageClass. */
@NullMarked
package io.cmek.operator.storageclass;

import org.jspecify.annotations.NullMarked;
