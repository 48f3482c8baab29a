/** Tests of the writers: what they write, and above all what they do not. */
@NullMarked
package io.cmek.operator.cluster;

import org.jspecify.annotations.NullMarked;
