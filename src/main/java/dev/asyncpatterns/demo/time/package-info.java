/** What waiting on an event loop costs, and what it should cost. */
@NullMarked
package dev.asyncpatterns.demo.time;

import org.jspecify.annotations.NullMarked;
