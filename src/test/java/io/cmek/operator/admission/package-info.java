/** Tests of what the chart installs for the API server to decide: admission policies and roles. */
@NullMarked
package io.cmek.operator.admission;

import org.jspecify.annotations.NullMarked;
