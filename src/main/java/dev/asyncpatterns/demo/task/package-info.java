/** Demonstrations of package {@code task}. */
@NullMarked
package dev.asyncpatterns.demo.task;

import org.jspecify.annotations.NullMarked;
