/** Demos of {@code dev.asyncpatterns.blocking}. */
@NullMarked
package dev.asyncpatterns.demo.blocking;

import org.jspecify.annotations.NullMarked;
