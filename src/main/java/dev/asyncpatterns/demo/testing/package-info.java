/** Demos of the package testing. */
@NullMarked
package dev.asyncpatterns.demo.testing;

import org.jspecify.annotations.NullMarked;
