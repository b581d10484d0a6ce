/** Demonstrations of package {@code gather}. */
@NullMarked
package dev.asyncpatterns.demo.gather;

import org.jspecify.annotations.NullMarked;
