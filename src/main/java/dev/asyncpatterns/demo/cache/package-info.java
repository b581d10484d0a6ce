/** Demos of the package cache. */
@NullMarked
package dev.asyncpatterns.demo.cache;

import org.jspecify.annotations.NullMarked;
