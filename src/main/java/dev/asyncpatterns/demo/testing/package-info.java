/** Demos of the test kit. */
@NullMarked
package dev.asyncpatterns.demo.testing;

import org.jspecify.annotations.NullMarked;
