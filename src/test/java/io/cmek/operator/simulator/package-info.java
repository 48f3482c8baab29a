/**
 * The whole core of the operator in a hostile world: on one thread, in virtual time, with models of the API server, its informers and AWS. All that
 * comes by chance is a choice of a list, so that a world can be repeated, and made smaller.
 */
@NullMarked
package io.cmek.operator.simulator;

import org.jspecify.annotations.NullMarked;
