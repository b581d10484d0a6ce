/** Floor 3: ordered start, graceful stop and owned resources. */
@NullMarked
package dev.asyncpatterns.lifecycle;

import org.jspecify.annotations.NullMarked;
