package dev.asyncpatterns.scan;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The few types of Vert.x whose shape the scan needs, for when its jars are not given. */
final class WellKnownTypes {
  private static final int INTERFACE = 0x0601;
  private static final int CLASS = 0x0421;

  private WellKnownTypes() {}

  static Map<String, TypeHeader> load() {
    Map<String, TypeHeader> types = new HashMap<>();
    for (String[] row : Tables.read("types.txt", 4)) {
      boolean isInterface = row[0].equals("interface");
      types.put(
          row[1],
          new TypeHeader(
              row[1],
              "java/lang/Object",
              words(row[2]),
              isInterface ? INTERFACE : CLASS,
              words(row[3]).stream().map(method -> "a" + method).toList()));
    }
    return types;
  }

  private static List<String> words(String text) {
    return text.isEmpty() ? List.of() : Arrays.asList(text.split(" +"));
  }
}
