/** How work is lost between verticles, and how it is not. */
@NullMarked
package dev.asyncpatterns.demo.queue;

import org.jspecify.annotations.NullMarked;
