/** The resource controllers: from snapshots to condition results, and from these to StorageClass, status and Events. They never call AWS. */
@NullMarked
package io.cmek.operator.controller;

import org.jspecify.annotations.NullMarked;
