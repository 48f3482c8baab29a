/** The StorageClass that encrypts EBS volumes with the data key (R12): what it should be and what is to be done. */
@NullMarked
package io.cmek.operator.storageclass;

import org.jspecify.annotations.NullMarked;
