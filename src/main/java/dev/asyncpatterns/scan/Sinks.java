package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The catalogue of calls that block; the table is {@code sinks.txt}. */
final class Sinks {
  private static final String TABLE = "sinks.txt";

  private final List<Sink> rows;
  private final Types types;
  private final Map<String, List<Sink>> known = new HashMap<>();
  private final Map<String, List<Sink>> candidates = new HashMap<>();

  /**
   * A row of the catalogue.
   *
   * @param rule the rule it breaks
   * @param weight H, M or L
   * @param owner pattern for the type, or one above it
   * @param name pattern for the method
   * @param desc pattern for the descriptor
   * @param since the first JDK that has it, 0 for all
   * @param until the last JDK that has it, 0 for all
   * @param unless when it does not block
   */
  record Sink(
      String rule,
      String weight,
      String owner,
      String name,
      String desc,
      int since,
      int until,
      String unless) {

    boolean isHeavy() {
      return !weight.equals("L");
    }

    private static Sink of(String[] row) {
      return new Sink(
          row[0], row[1], row[2], row[3], row[4], release(row[5]), release(row[6]), row[7]);
    }

    private static int release(String text) {
      return text.equals("-") ? 0 : Integer.parseInt(text);
    }
  }

  Sinks(Types types, List<Sink> rows) {
    this.types = types;
    this.rows = rows;
  }

  static List<Sink> catalogue() {
    return Tables.read(TABLE, 8).stream().map(Sink::of).toList();
  }

  /** The rows for a call, nearest type first; their exceptions are for the caller to judge. */
  List<Sink> find(String owner, String name, String desc) {
    return known.computeIfAbsent(owner + "." + name + desc, key -> search(owner, name, desc));
  }

  private List<Sink> search(String owner, String name, String desc) {
    List<Sink> named = candidates.computeIfAbsent(name, this::named);
    List<Sink> found = new ArrayList<>();
    for (String type : named.isEmpty() ? Set.<String>of() : types.supers(owner)) {
      for (Sink sink : named) {
        if (Tables.fits(sink.owner(), type) && Tables.fits(sink.desc(), desc)) {
          found.add(sink);
        }
      }
    }
    return found;
  }

  private List<Sink> named(String name) {
    List<Sink> fitting = new ArrayList<>();
    for (Sink sink : rows) {
      if (Tables.fits(sink.name(), name)) {
        fitting.add(sink);
      }
    }
    return fitting;
  }
}
