/** Floor 2: not doing the same work twice. */
@NullMarked
package dev.asyncpatterns.cache;

import org.jspecify.annotations.NullMarked;
