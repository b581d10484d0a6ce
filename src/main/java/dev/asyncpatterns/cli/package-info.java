/** Floor 5: the command line behind run.sh; nobody imports it. */
@NullMarked
package dev.asyncpatterns.cli;

import org.jspecify.annotations.NullMarked;
