package dev.asyncpatterns.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** What every command has: the session and {@code --help}. */
abstract class CliCommand implements Callable<Integer> {
  final Session session;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli writes it, and reads it to print the help
  private boolean help;

  CliCommand(Session session) {
    this.session = session;
  }

  final int onlyFromRunSh(String command) {
    session.err().line("Maven does that: call ./run.sh " + command + " in the project folder.");
    return Session.USAGE;
  }
}
