/**
 * Floor 5: a verticle for each pattern with the problem, the fix and the proof; nobody imports it.
 */
@NullMarked
package dev.asyncpatterns.demo;

import org.jspecify.annotations.NullMarked;
