package dev.asyncpatterns.cli;

import java.io.PrintWriter;
import java.nio.charset.Charset;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry point of {@code run.sh}: one command a call, its result as the exit status. */
public final class Main {
  private Main() {}

  /**
   * Runs a command and ends the JVM: 0 when all went well, 1 when a demo failed, 2 when the call
   * was wrong, 130 when interrupted.
   *
   * @param args the command; none runs every demo
   */
  public static void main(String[] args) {
    System.exit(run(Session.ofProcess(), args));
  }

  static int run(Session session, String... args) {
    CommandLine line =
        new CommandLine(new AllCommand(session))
            .addSubcommand(new ListCommand(session))
            .addSubcommand(new DemoCommand(session))
            .addSubcommand(new ShowCommand(session))
            .addSubcommand(new ScanCommand(session))
            .addSubcommand(new TestCommand(session))
            .addSubcommand(new BenchCommand(session))
            .addSubcommand(new CommandLine.HelpCommand());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    return line.setOut(new PrintWriter(session.out().out(), true, Charset.defaultCharset()))
        .setErr(new PrintWriter(session.err().out(), true, Charset.defaultCharset()))
        .setExecutionExceptionHandler((thrown, command, parsed) -> failed(session, thrown))
        .execute(args);
  }

  private static int failed(Session session, Exception thrown) {
    if (thrown instanceof IllegalArgumentException || thrown instanceof IllegalStateException) {
      session.err().line(String.valueOf(thrown.getMessage()));
    } else {
      thrown.printStackTrace(session.err().out());
    }
    return Session.FAILED;
  }

  /** Here for the help text: Maven runs the tests, and run.sh starts it. */
  @Command(name = "test", description = "Run the tests; --stress adds the long ones.")
  static final class TestCommand extends CliCommand {
    TestCommand(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      return onlyFromRunSh("test");
    }
  }

  /** Here for the help text: Maven runs the benchmarks, and run.sh starts it. */
  @Command(name = "bench", description = "Run the benchmarks, all or those a REGEX matches.")
  static final class BenchCommand extends CliCommand {
    BenchCommand(Session session) {
      super(session);
    }

    @Override
    public Integer call() {
      return onlyFromRunSh("bench");
    }
  }
}
