/** Floor 2: surviving the failures of others, and not making them worse. */
@NullMarked
package dev.asyncpatterns.resilience;

import org.jspecify.annotations.NullMarked;
