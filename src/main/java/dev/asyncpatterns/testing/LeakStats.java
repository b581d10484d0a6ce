package dev.asyncpatterns.testing;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Reads from a stats record, by the names its components have, what is still going on. */
final class LeakStats {
  private static final Set<String> BUSY = Set.of("waiting", "running", "inFlight");

  private LeakStats() {}

  /** What is not zero and should be, in words; empty when the object is at rest. */
  static String open(Record stats) {
    Map<String, Object> values = values(stats);
    List<String> open = new ArrayList<>();
    values.forEach((name, value) -> {
      boolean busy = value instanceof Number n ? n.longValue() != 0 : Boolean.TRUE.equals(value);
      if (BUSY.contains(name) && busy) {
        open.add(name + " " + value);
      }
    });
    if (values.get("permits") instanceof Number permits
        && values.get("available") instanceof Number available
        && permits.longValue() != available.longValue()) {
      open.add("available " + available + " of " + permits + " permits");
    }
    return String.join(", ", open);
  }

  private static Map<String, Object> values(Record stats) {
    Map<String, Object> values = new TreeMap<>();
    for (RecordComponent component : stats.getClass().getRecordComponents()) {
      try {
        component.getAccessor().setAccessible(true);
        values.put(component.getName(), component.getAccessor().invoke(stats));
      } catch (IllegalAccessException | InvocationTargetException e) {
        throw new IllegalStateException("cannot read " + component + " of " + stats, e);
      }
    }
    return values;
  }
}
