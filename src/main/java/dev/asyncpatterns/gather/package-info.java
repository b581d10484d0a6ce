/** Floor 2: several operations at once, and loops of them. */
@NullMarked
package dev.asyncpatterns.gather;

import org.jspecify.annotations.NullMarked;
