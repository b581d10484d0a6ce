/** Floor 4: virtual time and laws for tests; a jar of its own. */
@NullMarked
package dev.asyncpatterns.testing;

import org.jspecify.annotations.NullMarked;
