@NullMarked
package io.cmek.operator.controller;

import org.jspecify.annotations.NullMarked;
