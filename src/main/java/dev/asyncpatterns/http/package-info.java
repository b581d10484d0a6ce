/** Floor 3: HTTP, as a client and as a server. */
@NullMarked
package dev.asyncpatterns.http;

import org.jspecify.annotations.NullMarked;
