/** Floor 2: retry, breakers, fallbacks and hedges; may use limit and gather. */
@NullMarked
package dev.asyncpatterns.resilience;

import org.jspecify.annotations.NullMarked;
