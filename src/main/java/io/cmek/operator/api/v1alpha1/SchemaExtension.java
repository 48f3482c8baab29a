package io.cmek.operator.api.v1alpha1;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What the CRD says about a field and the CRD generator has no annotation for. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.FIELD})
public @interface SchemaExtension {

    /** The field by which the items of a list are told apart: several writers can each own some of them. */
    String listMapKey() default "";

    /** Whether the items of a list are a set: the API server refuses an item that is there twice. */
    boolean set() default false;

    /** The only texts that are allowed, where the Java type is not an enum. */
    String[] values() default {};

    /** An OpenAPI format, for example {@code date-time}. */
    String format() default "";

    /** The description of a kind. */
    String description() default "";
}
