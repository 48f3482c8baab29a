/**
 * The Kubernetes API of the operator: group {@code cmek.io}, version {@code v1alpha1}. The custom resource definitions in
 * {@code crds/} and the page {@code docs/reference/api.md} are generated from these types. The types are the only source of descriptions, bounds,
 * defaults and the CEL rules that the API server enforces.
 */
@NullMarked
package io.cmek.operator.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
