/** One way for both kinds: claim, observe, decide, act; what comes out is an assessment to report. */
@NullMarked
package io.cmek.operator.pipeline;

import org.jspecify.annotations.NullMarked;
