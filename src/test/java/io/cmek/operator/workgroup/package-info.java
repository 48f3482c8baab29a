/** Tests of the claim and the status of a Workgroup. */
@NullMarked
package io.cmek.operator.workgroup;

import org.jspecify.annotations.NullMarked;
