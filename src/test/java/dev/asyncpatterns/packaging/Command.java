package dev.asyncpatterns.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program run to its end, its two streams read as one. */
record Command(int exit, String output) {
  private static final long LIMIT_SECONDS = 300;

  static Command run(Path directory, String... command) throws IOException, InterruptedException {
    return run(directory, Arrays.asList(command));
  }

  static Command run(Path directory, List<String> command)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile(directory, "output", ".log");
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    process.getOutputStream().close();
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new AssertionError(
          "still running after " + LIMIT_SECONDS + " s: " + command + "\n" + Files.readString(log));
    }
    return new Command(process.exitValue(), Files.readString(log));
  }

  /** A tool of the JDK that runs this test. */
  static String jdk(String tool) {
    return Path.of(System.getProperty("java.home"), "bin", tool).toString();
  }

  /** Fails with the output unless the program ended well. */
  Command mustSucceed() {
    if (exit != 0) {
      throw new AssertionError("exit " + exit + ":\n" + output);
    }
    return this;
  }
}
