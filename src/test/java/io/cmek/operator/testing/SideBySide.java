package io.cmek.operator.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * A test that runs at the same time as others of its class, on the same operator, because it mostly waits for it. It has a namespace, keys and
 * buckets of its own, and injects faults and counts requests only about those. Every other test of the class is {@link Alone}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(value = Alone.OPERATOR, mode = ResourceAccessMode.READ)
public @interface SideBySide {}
