/** The controllers of what is in AWS: a work queue of keys and buckets, each worked on by one worker at a time. */
@NullMarked
package io.cmek.operator.awscontrol;

import org.jspecify.annotations.NullMarked;
