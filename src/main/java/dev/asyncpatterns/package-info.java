/**
 * Async patterns for Eclipse Vert.x 5 on plain futures.
 *
 * <p>The map; imports go down, never up or round.
 *
 * <pre>
 * 5  demo, cli                 all below; nobody imports them
 * 4  testing, scan             testing: all below; scan: nothing of ours
 * 3  http, queue, lifecycle    floors 0 to 2
 * 2  gather, flow, limit, resilience, cache, blocking, observe
 *                              floors 0 and 1; resilience may use limit and gather
 * 1  time, sync, task          kernel, and what stands left of it
 * 0  kernel                    not API; besides testing the only one to import Vert.x internals
 * </pre>
 */
@NullMarked
package dev.asyncpatterns;

import org.jspecify.annotations.NullMarked;
