/** Floor 2: channels and streams of values with back-pressure. */
@NullMarked
package dev.asyncpatterns.flow;

import org.jspecify.annotations.NullMarked;
