package dev.asyncpatterns.scan;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.tree.AnnotationNode;

/** The annotations of a class or a method that mean something to the scan. */
record Marks(Map<String, Map<String, Object>> byType) {
  private static final Marks NONE = new Marks(Map.of());
  private static final String ALLOW = "AllowBlocking";

  /** A permission to block: the reason, and the last day it holds, empty for always. */
  record Permission(String reason, String until) {}

  static Marks of(
      @Nullable List<AnnotationNode> visible, @Nullable List<AnnotationNode> invisible) {
    if (visible == null && invisible == null) {
      return NONE;
    }
    Map<String, Map<String, Object>> all = new HashMap<>();
    addAll(all, visible);
    addAll(all, invisible);
    return new Marks(all);
  }

  private static void addAll(
      Map<String, Map<String, Object>> all, @Nullable List<AnnotationNode> annotations) {
    if (annotations == null) {
      return;
    }
    for (AnnotationNode annotation : annotations) {
      Map<String, Object> values = new HashMap<>();
      if (annotation.values != null) {
        for (int i = 0; i + 1 < annotation.values.size(); i += 2) {
          values.put((String) annotation.values.get(i), annotation.values.get(i + 1));
        }
      }
      String desc = annotation.desc;
      all.put(desc.startsWith("L") ? desc.substring(1, desc.length() - 1) : desc, values);
    }
  }

  boolean has(String type) {
    return byType.containsKey(type);
  }

  Object value(String type, String name, Object otherwise) {
    Map<String, Object> values = byType.get(type);
    return values == null ? otherwise : values.getOrDefault(name, otherwise);
  }

  /** Any annotation of this simple name counts, so that nobody must depend on ours. */
  @Nullable Permission permission() {
    for (Map.Entry<String, Map<String, Object>> entry : byType.entrySet()) {
      if (entry.getKey().endsWith("/" + ALLOW)) {
        return new Permission(
            String.valueOf(entry.getValue().getOrDefault("reason", "")),
            String.valueOf(entry.getValue().getOrDefault("until", "")));
      }
    }
    return null;
  }
}
