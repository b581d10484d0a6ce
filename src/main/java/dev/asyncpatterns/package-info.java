/**
 * Async patterns for the Vert.x event loop. The map, imports going down only:
 *
 * <table>
 * <caption>Which package holds what</caption>
 * <tr><td>{@code scan}</td><td>stands alone: what blocks an event loop in compiled classes</td></tr>
 * <tr><td>{@code demo, cli}</td><td>a runnable demonstration per pattern, and the command line</td></tr>
 * <tr><td>{@code testing}</td><td>virtual time, context laws, leak check, fakes</td></tr>
 * <tr><td>{@code queue, http, lifecycle}</td><td>work between verticles, HTTP, start and stop</td></tr>
 * <tr><td>{@code gather, flow, limit, resilience, cache, blocking, observe}</td><td>several
 * operations at once, items from one side to another, how much at once, surviving failure, doing
 * nothing twice, blocking code, seeing what happens</td></tr>
 * <tr><td>{@code time < sync < task}</td><td>waiting for a moment, for each other, and who owns the
 * work</td></tr>
 * <tr><td>{@code kernel}</td><td>not API: what every pattern stands on</td></tr>
 * </table>
 *
 * <p>This package itself holds only the words all of them share.
 */
@NullMarked
package dev.asyncpatterns;

import org.jspecify.annotations.NullMarked;
