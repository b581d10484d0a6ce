/** Floor 3: work between verticles and machines. */
@NullMarked
package dev.asyncpatterns.queue;

import org.jspecify.annotations.NullMarked;
