/** Floor 2: bounds on how many, how often and how much at once. */
@NullMarked
package dev.asyncpatterns.limit;

import org.jspecify.annotations.NullMarked;
