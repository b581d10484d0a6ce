/** Demonstrations of package {@code resilience}. */
@NullMarked
package dev.asyncpatterns.demo.resilience;

import org.jspecify.annotations.NullMarked;
