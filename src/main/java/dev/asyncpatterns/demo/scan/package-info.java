/** The blocking-call scanner, shown on two verticles of its own demo. */
@NullMarked
package dev.asyncpatterns.demo.scan;

import org.jspecify.annotations.NullMarked;
