/**
 * The command line: lists the patterns, runs their demos, shows their code.
 *
 * <p>{@link dev.asyncpatterns.cli.Main} parses, a command a class; what they share is in {@code
 * Session}. Only running a demo loads Vert.x.
 */
@NullMarked
package dev.asyncpatterns.cli;

import org.jspecify.annotations.NullMarked;
