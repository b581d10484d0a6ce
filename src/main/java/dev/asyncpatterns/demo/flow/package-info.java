/** Demos of the package flow. */
@NullMarked
package dev.asyncpatterns.demo.flow;

import org.jspecify.annotations.NullMarked;
