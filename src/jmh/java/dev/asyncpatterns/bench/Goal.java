package dev.asyncpatterns.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One thing a benchmark has to show: a figure of one row, on its own or against another row of the
 * same run.
 *
 * @param what in words
 * @param row the key of the row, see {@link Row#key}
 * @param floor the key of the row it is held against, or null
 * @param measure what is compared
 * @param limit the highest value that hits; for {@link Measure#TIMES_FASTER} the lowest
 */
record Goal(String what, String row, String floor, Measure measure, double limit) {
  /** What a goal compares. */
  enum Measure {
    /** ns of the row by ns of the floor. */
    RATIO("x"),
    /** ns of the floor by ns of the row. */
    TIMES_FASTER("x faster"),
    /** ns of the row. */
    NS("ns"),
    /** Bytes per operation of the row. */
    BYTES("B"),
    /** Bytes per operation above those of the floor. */
    BYTES_ABOVE("B above");

    final String unit;

    Measure(String unit) {
      this.unit = unit;
    }
  }

  /** The rounding of bytes: the hand-over of a batch is less than this per operation. */
  private static final double SLACK_BYTES = 0.5;

  static Goal ratio(String what, String row, String floor, double limit) {
    return new Goal(what, row, floor, Measure.RATIO, limit);
  }

  static Goal faster(String what, String row, String peer, double limit) {
    return new Goal(what, row, peer, Measure.TIMES_FASTER, limit);
  }

  static Goal ns(String what, String row, double limit) {
    return new Goal(what, row, null, Measure.NS, limit);
  }

  static Goal bytes(String what, String row, double limit) {
    return new Goal(what, row, null, Measure.BYTES, limit);
  }

  static Goal bytesAbove(String what, String row, String floor, double limit) {
    return new Goal(what, row, floor, Measure.BYTES_ABOVE, limit);
  }

  /** Whether the run has what this needs. */
  boolean covered(Map<String, Row> rows) {
    return rows.containsKey(row) && (floor == null || rows.containsKey(floor));
  }

  /** A line of the table. */
  String line(Map<String, Row> rows) {
    Row mine = rows.get(row);
    Row other = floor == null ? null : rows.get(floor);
    double value = value(mine, other);
    return String.format(
        Locale.ROOT,
        "%-4s %-46s %9.1f %8.1f %9s %8.2f %-15s %s %s %s%n",
        hit(value) ? "hit" : "MISS",
        what,
        mine.ns(),
        mine.b(),
        other == null ? "-" : String.format(Locale.ROOT, "%.1f", other.ns()),
        value,
        spread(mine, other),
        measure == Measure.TIMES_FASTER ? ">=" : "<=",
        limit,
        measure.unit);
  }

  private boolean hit(double value) {
    return switch (measure) {
      case RATIO, NS -> value <= limit;
      case TIMES_FASTER -> value >= limit;
      case BYTES, BYTES_ABOVE -> value <= limit + SLACK_BYTES;
    };
  }

  private double value(Row mine, Row other) {
    return switch (measure) {
      case RATIO -> mine.ns() / other.ns();
      case TIMES_FASTER -> other.ns() / mine.ns();
      case NS -> mine.ns();
      case BYTES -> mine.b();
      case BYTES_ABOVE -> mine.b() - other.b();
    };
  }

  /** The lowest and the highest value any two forks give. */
  private String spread(Row mine, Row other) {
    return switch (measure) {
      case RATIO ->
          span(first(mine.cpu()) / last(other.cpu()), last(mine.cpu()) / first(other.cpu()));
      case TIMES_FASTER ->
          span(first(other.cpu()) / last(mine.cpu()), last(other.cpu()) / first(mine.cpu()));
      case NS -> span(first(mine.cpu()), last(mine.cpu()));
      case BYTES -> span(first(mine.bytes()), last(mine.bytes()));
      case BYTES_ABOVE ->
          span(
              first(mine.bytes()) - last(other.bytes()), last(mine.bytes()) - first(other.bytes()));
    };
  }

  private static String span(double low, double high) {
    return String.format(Locale.ROOT, "(%.2f-%.2f)", low, high);
  }

  private static double first(List<Double> sorted) {
    return sorted.get(0);
  }

  private static double last(List<Double> sorted) {
    return sorted.get(sorted.size() - 1);
  }
}
