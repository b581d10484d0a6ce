package dev.asyncpatterns.packaging;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What goes into the main jar, seen in the class directory it is packed from. */
final class MainJar {
  private static final Pattern OTHER_JARS =
      Pattern.compile("dev/asyncpatterns/(demo|cli|scan|testing)/.*");
  private static final Pattern VERTX_CORE_AND_WHAT_IT_BRINGS =
      Pattern.compile("(vertx-core|vertx-core-logging|netty-.*|jackson-core)-\\d.*\\.jar");

  private MainJar() {}

  static Path buildDirectory() {
    return Path.of(System.getProperty("build.dir", "target"));
  }

  static Path classes() {
    return buildDirectory().resolve("classes");
  }

  /** Names of all classes in the main jar, nested ones included. */
  static List<String> classNames() throws IOException {
    try (Stream<Path> files = Files.walk(classes())) {
      return files
          .map(file -> classes().relativize(file).toString().replace(File.separatorChar, '/'))
          .filter(name -> name.startsWith("dev/") && name.endsWith(".class"))
          .filter(name -> !name.endsWith("package-info.class"))
          .filter(name -> !OTHER_JARS.matcher(name).matches())
          .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.'))
          .sorted()
          .toList();
    }
  }

  static ModuleDescriptor descriptor() throws IOException {
    Path file = classes().resolve("META-INF/versions/17/module-info.class");
    try (InputStream in = Files.newInputStream(file)) {
      return ModuleDescriptor.read(in);
    }
  }

  /** The jars a user of vertx-core has, taken from the class path of this test. */
  static List<Path> vertxCoreJars() {
    List<Path> jars = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path path = Path.of(entry);
      Path name = path.getFileName();
      if (name != null && isVertxCoreOrWhatItBrings(name.toString())) {
        jars.add(path);
      }
    }
    return jars;
  }

  static boolean isVertxCoreOrWhatItBrings(String jar) {
    return VERTX_CORE_AND_WHAT_IT_BRINGS.matcher(jar).matches();
  }

  /** The jar itself, which is there from the phase package on. */
  static Path packed() {
    return packed("");
  }

  /** The jar with that end of its name, such as {@code -demos}. */
  static Path packed(String suffix) {
    String version = System.getProperty("project.version");
    String name = "vertx-async-patterns-" + version + suffix + ".jar";
    return buildDirectory().resolve(name).toAbsolutePath();
  }

  /** Our classes, vertx-core and the JDK; nothing of this test's own class path. */
  static URLClassLoader bareLoader() throws MalformedURLException {
    List<URL> urls = new ArrayList<>();
    urls.add(classes().toUri().toURL());
    for (Path jar : vertxCoreJars()) {
      urls.add(jar.toUri().toURL());
    }
    return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }
}
