package dev.asyncpatterns.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The source of a demo, read from the checkout or, in the demos jar, from the copy beside the
 * class.
 *
 * @param name path of the source in the project
 * @param lines its lines
 */
record DemoSource(String name, List<String> lines) {
  private static final String ROOT = "src/main/java/";

  /** The source of a demo; {@code conf} lies in the project's folder. */
  static DemoSource of(String demo, @Nullable Path conf) {
    String path = demo.replace('.', '/') + ".java";
    Path project = conf == null ? Path.of("") : conf.toAbsolutePath().normalize().getParent();
    Path file = project == null ? Path.of(ROOT, path) : project.resolve(ROOT).resolve(path);
    try {
      if (Files.exists(file)) {
        return new DemoSource(ROOT + path, Files.readAllLines(file));
      }
      return new DemoSource(ROOT + path, copyInJar(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> copyInJar(String path) throws IOException {
    try (InputStream in = DemoSource.class.getResourceAsStream("/" + path)) {
      if (in == null) {
        throw new IllegalStateException(
            "The source " + ROOT + path + " is neither in this folder nor on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  /**
   * The code between {@code // @start region="name"} and the next {@code // @end}, without its
   * common indentation; regions of one name follow one another.
   */
  List<String> region(String region) {
    List<String> code = new ArrayList<>();
    boolean inside = false;
    for (String line : lines) {
      String mark = line.strip();
      if (mark.startsWith("// @end")) {
        inside = false;
      } else if (mark.equals("// @start region=\"" + region + "\"")) {
        inside = true;
      } else if (inside) {
        code.add(line);
      }
    }
    if (code.isEmpty()) {
      throw new IllegalStateException(name + " has no region \"" + region + "\"");
    }
    return unindented(code);
  }

  private static List<String> unindented(List<String> code) {
    return String.join("\n", code).stripIndent().lines().toList();
  }
}
