/** Floor 2: how much at once, how much per second. */
@NullMarked
package dev.asyncpatterns.limit;

import org.jspecify.annotations.NullMarked;
