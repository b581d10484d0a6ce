/** Demos of the package sync. */
@NullMarked
package dev.asyncpatterns.demo.sync;

import org.jspecify.annotations.NullMarked;
