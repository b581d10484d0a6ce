/** Floor 3: clients and servers over HTTP. */
@NullMarked
package dev.asyncpatterns.http;

import org.jspecify.annotations.NullMarked;
