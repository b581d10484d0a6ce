package dev.asyncpatterns.scan;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.eclipse.jdt.internal.compiler.tool.EclipseCompiler;

/** Compiles source texts into a folder, with either compiler. */
final class Compiled {
  static final JavaCompiler JAVAC = ToolProvider.getSystemJavaCompiler();
  static final JavaCompiler ECJ = new EclipseCompiler();

  private Compiled() {}

  /** The class path of this test run, as the scan takes it. */
  static List<Path> classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(java.io.File.pathSeparator))
        .map(Path::of)
        .filter(Files::exists)
        .toList();
  }

  static String fixture(String name) {
    try (InputStream in = Compiled.class.getResourceAsStream("fixtures/" + name + ".java")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void fixtureTo(Path folder, JavaCompiler compiler, String name) {
    to(folder, compiler, name, fixture(name));
  }

  static void to(Path folder, JavaCompiler compiler, String name, String text) {
    StringWriter said = new StringWriter();
    List<String> options =
        List.of(
            "-d",
            folder.toString(),
            "-g",
            "-proc:none",
            "--release",
            "17",
            "-classpath",
            System.getProperty("java.class.path"));
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      Path source = Files.writeString(folder.resolve(name + ".java"), text);
      Iterable<? extends JavaFileObject> sources = files.getJavaFileObjects(source);
      if (!compiler.getTask(said, files, null, options, null, sources).call()) {
        throw new IllegalStateException("does not compile: " + said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Report scan(Path folder) {
    return Scanner.create(
            Scanner.Options.of(List.of(folder))
                .withClassPath(classPath())
                .withToday(java.time.LocalDate.of(2026, 6, 1)))
        .scan();
  }
}
