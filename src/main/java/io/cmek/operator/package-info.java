/** Customer-managed encryption keys (CMEK) on AWS, declared in Kubernetes. */
@org.jspecify.annotations.NullMarked
package io.cmek.operator;
