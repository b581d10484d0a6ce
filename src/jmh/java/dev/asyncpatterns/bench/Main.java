package dev.asyncpatterns.bench;

import java.util.Collection;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs benchmarks with JMH's own command line, then shows the goals they touch. */
public final class Main {
  /**
   * Fixed and touched before the first operation: otherwise allocating rows measure page faults,
   * several times too slow.
   */
  private static final String[] HEAP = {"-Xms640m", "-Xmx640m", "-Xmn160m", "-XX:+AlwaysPreTouch"};

  private Main() {}

  /** Arguments are JMH's: a regular expression and options such as {@code -f 1 -wi 1}. */
  public static void main(String... arguments) throws Exception {
    CommandLineOptions given = new CommandLineOptions(arguments);
    if (given.shouldHelp()) {
      given.showHelp();
      return;
    }
    Runner runner =
        new Runner(
            new OptionsBuilder()
                .parent(given)
                .jvmArgsPrepend(HEAP)
                .addProfiler(GCProfiler.class)
                .addProfiler(CpuProfiler.class)
                .shouldFailOnError(true)
                .build());
    if (given.shouldList()) {
      runner.list();
      return;
    }
    Collection<RunResult> results = runner.run();
    System.out.print(Ratios.table(results));
  }
}
