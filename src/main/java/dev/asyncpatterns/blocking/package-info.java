/** Floor 2: blocking and asynchronous code together. */
@NullMarked
package dev.asyncpatterns.blocking;

import org.jspecify.annotations.NullMarked;
