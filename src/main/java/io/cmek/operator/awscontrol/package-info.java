/** The controllers for AWS: a work queue of keys and buckets, each with one worker at a time. */
@NullMarked
package io.cmek.operator.awscontrol;

import org.jspecify.annotations.NullMarked;
