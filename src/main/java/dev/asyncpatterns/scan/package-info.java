/** Floor 4: finds blocking calls in class files; imports nothing of ours. */
@NullMarked
package dev.asyncpatterns.scan;

import org.jspecify.annotations.NullMarked;
