/** What an application can see of itself: warnings counted, not only logged. */
@NullMarked
package dev.asyncpatterns.observe;

import org.jspecify.annotations.NullMarked;
