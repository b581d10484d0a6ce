/** Floor 2: seeing what runs, what waits and what blocks. */
@NullMarked
package dev.asyncpatterns.observe;

import org.jspecify.annotations.NullMarked;
