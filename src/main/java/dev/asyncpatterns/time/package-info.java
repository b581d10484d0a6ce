/** Floor 1, first: delays, periodic work and backoff. */
@NullMarked
package dev.asyncpatterns.time;

import org.jspecify.annotations.NullMarked;
