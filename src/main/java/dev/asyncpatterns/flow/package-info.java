/** Items from one side to another: channels, workers, broadcasts, iterators, streams. */
@NullMarked
package dev.asyncpatterns.flow;

import org.jspecify.annotations.NullMarked;
