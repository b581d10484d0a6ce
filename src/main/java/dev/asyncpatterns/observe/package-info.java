<<<<<<< HEAD
/** Floor 2: seeing what runs, what waits and what blocks. */
=======
/** What an application can see of itself: warnings counted, not only logged. */
>>>>>>> cli
@NullMarked
package dev.asyncpatterns.observe;

import org.jspecify.annotations.NullMarked;
