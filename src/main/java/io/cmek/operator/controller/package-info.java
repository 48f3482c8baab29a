/** The controllers of resources: from snapshots to a judgement, and from that to StorageClass, status and Events. They never call AWS. */
@NullMarked
package io.cmek.operator.controller;

import org.jspecify.annotations.NullMarked;
