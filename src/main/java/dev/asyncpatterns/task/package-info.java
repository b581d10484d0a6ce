/** Floor 1, third: who owns the work, when it stops, and the words for its results. */
@NullMarked
package dev.asyncpatterns.task;

import org.jspecify.annotations.NullMarked;
