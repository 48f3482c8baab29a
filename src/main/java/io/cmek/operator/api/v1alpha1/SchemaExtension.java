package io.cmek.operator.api.v1alpha1;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Properties of the CRD schema for which the CRD generator has no annotation. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.FIELD})
public @interface SchemaExtension {

    /** The key field of a list of type {@code map}: several field managers can each own items of the list. */
    String listMapKey() default "";

    /** Whether the list is a set: the API server rejects duplicate items. */
    boolean set() default false;

    /** The allowed values, if the Java type is not an enum. */
    String[] values() default {};

    /** An OpenAPI format, for example {@code date-time}. */
    String format() default "";

    /** The description of a kind. */
    String description() default "";
}
