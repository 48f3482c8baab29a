/** What is generated from the API types, and the proof that a real API server accepts and refuses what it should. */
@NullMarked
package io.cmek.operator.crd;

import org.jspecify.annotations.NullMarked;
