package io.cmek.operator.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * A test that stops the operator, counts all that it asks, or injects a fault for all: no test of the class that is {@link SideBySide} with others
 * runs meanwhile.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@ResourceLock(Alone.OPERATOR)
public @interface Alone {

    String OPERATOR = "the operator of the class";
}
