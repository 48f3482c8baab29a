/** Settings, dependency injection, leader election and health checks of the process. */
@NullMarked
package io.cmek.operator.app;

import org.jspecify.annotations.NullMarked;
