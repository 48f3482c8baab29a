/**
 * The world around the operator, for tests: a real Kubernetes API server, a local AWS that enforces key policies, and the packaged
 * operator as a process of its own.
 */
@NullMarked
package io.cmek.operator.testing;

import org.jspecify.annotations.NullMarked;
