package dev.asyncpatterns.scan;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * The hierarchy of types: those scanned, and of the libraries and the JDK those that are asked for,
 * read when they are.
 */
final class Types implements AutoCloseable {
  /** What Vert.x code leans on, for when its jars are not given. */
  private static final Map<String, TypeHeader> WELL_KNOWN = WellKnownTypes.load();

  private final Map<String, Optional<TypeHeader>> headers = new HashMap<>();
  private final Map<String, Set<String>> supers = new HashMap<>();

  /** Of interfaces that lambdas are made for, the function: for when they are nowhere. */
  private final Map<String, String> faces = new HashMap<>();

  private final List<ZipFile> jars = new ArrayList<>();
  private final List<Path> folders = new ArrayList<>();
  private final Set<String> missing = new TreeSet<>();
  private final Collection<Problem> problems;

  Types(List<Path> classPath, Collection<Problem> problems) {
    this.problems = problems;
    for (Path path : classPath) {
      if (Files.isDirectory(path)) {
        folders.add(path);
      } else {
        openJar(path);
      }
    }
  }

  private void openJar(Path path) {
    try {
      jars.add(Jar.open(path));
    } catch (IOException e) {
      problems.add(new Problem(path.toString(), String.valueOf(e.getMessage())));
    }
  }

  void add(TypeHeader own) {
    headers.put(own.name(), Optional.of(own));
  }

  void addFace(String type, String function) {
    faces.put(type, function);
  }

  /** The outline of a type, or null when it is nowhere. */
  @Nullable TypeHeader header(String name) {
    Optional<TypeHeader> known = headers.get(name);
    if (known == null) {
      known = Optional.ofNullable(find(name));
      headers.put(name, known);
      if (known.isEmpty()) {
        missing.add(name);
      }
    }
    return known.orElse(null);
  }

  private @Nullable TypeHeader find(String name) {
    if (name.startsWith("[")) {
      return null;
    }
    try {
      byte[] bytes = bytes(name + ".class");
      return bytes == null ? WELL_KNOWN.get(name) : ClassShape.read(bytes);
    } catch (IOException | ClassShape.BrokenException e) {
      problems.add(new Problem(name, String.valueOf(e.getMessage())));
      return null;
    }
  }

  private byte @Nullable [] bytes(String file) throws IOException {
    for (ZipFile jar : jars) {
      ZipEntry entry = jar.getEntry(file);
      if (entry != null) {
        return Jar.read(jar, entry);
      }
    }
    for (Path folder : folders) {
      Path path = folder.resolve(file);
      if (Files.isRegularFile(path)) {
        return Files.readAllBytes(path);
      }
    }
    try (InputStream in = ClassLoader.getPlatformClassLoader().getResourceAsStream(file)) {
      return in == null ? null : in.readAllBytes();
    }
  }

  /** The type and all above it, nearest first; ends also where a type is above itself. */
  Set<String> supers(String name) {
    Set<String> known = supers.get(name);
    if (known == null) {
      known = climb(name);
      supers.put(name, known);
    }
    return known;
  }

  private Set<String> climb(String name) {
    Set<String> seen = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(name));
    while (!open.isEmpty()) {
      String next = open.remove();
      if (!seen.add(next)) {
        continue;
      }
      TypeHeader header = header(next);
      if (header != null) {
        if (header.parent() != null) {
          open.add(header.parent());
        }
        open.addAll(header.interfaces());
      }
    }
    return seen;
  }

  boolean isA(String name, String parent) {
    return name.equals(parent) || supers(name).contains(parent);
  }

  /** Whether a type is above itself. */
  boolean isCyclic(String name) {
    TypeHeader header = header(name);
    if (header == null) {
      return false;
    }
    List<String> above = new ArrayList<>(header.interfaces());
    if (header.parent() != null) {
      above.add(header.parent());
    }
    return above.stream().anyMatch(parent -> supers(parent).contains(name));
  }

  /** Name and descriptor of the one abstract method of an interface, or null. */
  @Nullable String functionOf(String name) {
    TypeHeader header = header(name);
    if (header == null) {
      return faces.get(name);
    }
    if (!header.isInterface()) {
      return null;
    }
    Set<String> open = new LinkedHashSet<>();
    List<String> given = new ArrayList<>();
    for (String type : supers(name)) {
      TypeHeader above = header(type);
      if (above != null && above.isInterface()) {
        for (String method : above.abstractMethods()) {
          if (given.stream().noneMatch(method::equals)) {
            open.add(method);
          }
        }
        above.methods().stream()
            .filter(method -> method.startsWith("c"))
            .forEach(method -> given.add(method.substring(1)));
      }
    }
    return open.size() == 1 ? open.iterator().next() : null;
  }

  /** The types that were asked for and are nowhere. */
  Set<String> missing() {
    return missing;
  }

  @Override
  public void close() {
    for (ZipFile jar : jars) {
      try {
        jar.close();
      } catch (IOException e) {
        problems.add(new Problem(jar.getName(), String.valueOf(e.getMessage())));
      }
    }
  }
}
