package dev.asyncpatterns.arch;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The map of packages as data: what each of ours may import of the others. */
final class PackageMap {
  static final String ROOT = "dev.asyncpatterns";

  private static final List<String> FLOOR_2 =
      List.of("gather", "flow", "limit", "resilience", "cache", "blocking", "observe");
  private static final List<String> FLOOR_3 = List.of("http", "queue", "lifecycle");

  /** Package to the packages of ours which it may import, itself left out. */
  static final Map<String, Set<String>> MAY_IMPORT = mayImport();

  private PackageMap() {}

  private static Map<String, Set<String>> mayImport() {
    Map<String, Set<String>> map = new TreeMap<>();
    List<String> below = new ArrayList<>();
    for (String name : List.of("kernel", "time", "sync", "task")) {
      map.put(name, Set.copyOf(below));
      below.add(name);
    }
    FLOOR_2.forEach(name -> map.put(name, Set.copyOf(below)));
    map.put("gather", with(below, List.of("flow")));
    map.put("resilience", with(below, List.of("limit", "gather")));
    below.addAll(FLOOR_2);
    FLOOR_3.forEach(name -> map.put(name, Set.copyOf(below)));
    below.addAll(FLOOR_3);
    map.put("testing", Set.copyOf(below));
    map.put("scan", Set.of());
    map.put("demo", with(below, List.of("testing", "scan", "cli")));
    map.put("cli", with(below, List.of("testing", "scan", "demo")));
    return map;
  }

  private static Set<String> with(List<String> names, List<String> more) {
    Set<String> all = new TreeSet<>(names);
    all.addAll(more);
    return all;
  }

  /** Whether the main jar carries that package. */
  static boolean isInMainJar(String name) {
    return !Set.of("demo", "cli", "scan", "testing").contains(name);
  }

  /** The first name after the root: {@code demo} for {@code dev.asyncpatterns.demo.sync.X}. */
  static String packageOf(JavaClass type) {
    String name = type.getPackageName();
    if (name.equals(ROOT)) {
      return "";
    }
    String rest = name.substring(ROOT.length() + 1);
    int dot = rest.indexOf('.');
    return dot < 0 ? rest : rest.substring(0, dot);
  }

  static boolean isOurs(JavaClass type) {
    return type.getPackageName().equals(ROOT) || type.getPackageName().startsWith(ROOT + ".");
  }

  /** What src/main became. */
  static JavaClasses mainClasses() {
    return new ClassFileImporter().importPath(buildDirectory().resolve("classes"));
  }

  /** What src/test became. */
  static JavaClasses testClasses() {
    return new ClassFileImporter().importPath(buildDirectory().resolve("test-classes"));
  }

  static Path buildDirectory() {
    return Path.of(System.getProperty("build.dir", "target"));
  }
}
