package dev.asyncpatterns.scan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds what to scan in the folder of a Maven project: the compiled classes of its modules, and the
 * jars that they depend on.
 *
 * @param classes the folders of compiled classes
 * @param classPath the jars
 * @param problems what is missing
 */
public record MavenProject(List<Path> classes, List<Path> classPath, List<Problem> problems) {
  private static final Pattern MODULE = Pattern.compile("<module>\\s*([^<]+?)\\s*</module>");
  private static final long PATIENCE_SECONDS = 120;
  private static final int DEEPEST = 4;

  /**
   * Whether a folder is one.
   *
   * @param folder any folder
   * @return whether it has a pom.xml
   */
  public static boolean is(Path folder) {
    return Files.isRegularFile(folder.resolve("pom.xml"));
  }

  /**
   * Looks into a project; Maven is asked for the jars, without going to the network.
   *
   * @param folder the folder of the project
   * @return what there is
   */
  public static MavenProject find(Path folder) {
    List<Path> classes = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    collect(folder, classes, problems, 0);
    if (classes.isEmpty()) {
      problems.add(new Problem(folder.toString(), "not compiled yet: run mvn compile in it"));
      return new MavenProject(List.of(), List.of(), problems);
    }
    Set<Path> jars = new LinkedHashSet<>();
    try {
      jars.addAll(classPath(folder));
    } catch (IOException e) {
      problems.add(
          new Problem(
              folder.toString(),
              "its dependencies are not known, give them by --classpath: " + e.getMessage()));
    }
    return new MavenProject(classes, List.copyOf(jars), problems);
  }

  private static void collect(Path folder, List<Path> classes, List<Problem> problems, int depth) {
    Path compiled = folder.resolve("target").resolve("classes");
    if (Files.isDirectory(compiled)) {
      classes.add(compiled);
    }
    if (depth >= DEEPEST) {
      return;
    }
    try {
      Matcher modules = MODULE.matcher(Files.readString(folder.resolve("pom.xml")));
      while (modules.find()) {
        Path module = folder.resolve(modules.group(1));
        if (is(module)) {
          collect(module, classes, problems, depth + 1);
        }
      }
    } catch (IOException e) {
      problems.add(new Problem(folder.toString(), String.valueOf(e.getMessage())));
    }
  }

  private static List<Path> classPath(Path folder) throws IOException {
    Path list = Files.createTempFile("scan-classpath", ".txt");
    Path log = Files.createTempFile("scan-maven", ".log");
    try {
      Process maven = start(folder, list, log);
      if (!maven.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        maven.destroyForcibly();
        throw new IOException("mvn did not answer in " + PATIENCE_SECONDS + " s");
      }
      String found = Files.readString(list).strip();
      if (maven.exitValue() != 0) {
        throw new IOException("mvn failed: " + firstError(log));
      }
      return Arrays.stream(found.split(java.io.File.pathSeparator))
          .filter(name -> !name.isBlank())
          .map(Path::of)
          .toList();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      Files.deleteIfExists(list);
      Files.deleteIfExists(log);
    }
  }

  private static Process start(Path folder, Path list, Path log) throws IOException {
    String program = System.getProperty("os.name", "").startsWith("Windows") ? "mvn.cmd" : "mvn";
    ProcessBuilder maven =
        new ProcessBuilder(
            program,
            "-o",
            "-q",
            "-B",
            "dependency:build-classpath",
            "-DincludeScope=compile",
            "-Dmdep.outputFile=" + list);
    return maven
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static String firstError(Path log) throws IOException {
    return Files.readAllLines(log).stream()
        .filter(line -> line.startsWith("[ERROR]"))
        .findFirst()
        .orElse("it says nothing");
  }
}
