/** Floor 2: doing no work twice. */
@NullMarked
package dev.asyncpatterns.cache;

import org.jspecify.annotations.NullMarked;
