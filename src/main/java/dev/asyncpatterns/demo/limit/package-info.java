/** Demos of the package limit. */
@NullMarked
package dev.asyncpatterns.demo.limit;

import org.jspecify.annotations.NullMarked;
