package dev.asyncpatterns.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The list of all patterns, read from {@code catalog.txt}: the one place that names them.
 *
 * <p>Uses nothing of Vert.x, so that listing the patterns is quick.
 */
public final class Catalog {
  private static final String RESOURCE = "catalog.txt";
  private static final String ROOT = "dev.asyncpatterns.";
  private static final int FIELDS = 8;

  private final List<Row> rows;

  /**
   * One pattern.
   *
   * @param id what the command line takes
   * @param family the package it stands in
   * @param title what it is for, in a few words
   * @param asyncio what a Python developer calls it; {@code -} when there is no such thing
   * @param type full name of the public type
   * @param demo full name of the demo verticle
   * @param test full name of the test class
   * @param benchmark full name of the benchmark, or {@code none (why)}
   */
  public record Row(
      String id,
      String family,
      String title,
      String asyncio,
      String type,
      String demo,
      String test,
      String benchmark) {

    /**
     * Whether the pattern has a benchmark.
     *
     * @return false when {@link #benchmark()} holds the reason why there is none
     */
    public boolean benchmarked() {
      return !benchmark.startsWith("none (");
    }
  }

  private Catalog(List<Row> rows) {
    this.rows = List.copyOf(rows);
  }

  /**
   * Reads the catalogue of this library.
   *
   * @return the catalogue
   */
  public static Catalog load() {
    try (InputStream in = Catalog.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is missing beside " + Catalog.class.getName());
      }
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a catalogue.
   *
   * @param text a pattern a line, eight fields separated by {@code |}; blank lines and lines that
   *     begin with {@code #} are left out
   * @return the catalogue
   * @throws IllegalArgumentException naming the line, when one cannot be read or repeats an id
   */
  public static Catalog parse(String text) {
    List<Row> rows = new ArrayList<>();
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        Row row = row(line, i + 1);
        if (rows.stream().anyMatch(other -> other.id().equals(row.id()))) {
          throw new IllegalArgumentException(at(i + 1) + "second row named " + row.id());
        }
        rows.add(row);
      }
    }
    return new Catalog(rows);
  }

  private static Row row(String line, int number) {
    String[] f = line.split("\\s*\\|\\s*", -1);
    if (f.length != FIELDS || List.of(f).contains("")) {
      throw new IllegalArgumentException(
          at(number) + FIELDS + " fields separated by | are needed, was: " + line);
    }
    String benchmark = f[7].startsWith("none (") ? f[7] : ROOT + f[7];
    return new Row(f[0], f[1], f[2], f[3], ROOT + f[4], ROOT + f[5], ROOT + f[6], benchmark);
  }

  private static String at(int number) {
    return RESOURCE + " line " + number + ": ";
  }

  /**
   * All patterns.
   *
   * @return the rows, in the order of the file
   */
  public List<Row> rows() {
    return rows;
  }

  /**
   * The row with this id.
   *
   * @param id an id
   * @return the row, or empty when there is none
   */
  public Optional<Row> row(String id) {
    return rows.stream().filter(row -> row.id().equals(id)).findFirst();
  }

  /**
   * The row whose demo is this class.
   *
   * @param demo full name of a demo
   * @return the row, or empty when there is none
   */
  public Optional<Row> rowOfDemo(String demo) {
    return rows.stream().filter(row -> row.demo().equals(demo)).findFirst();
  }

  /**
   * The row to look at next.
   *
   * @param row a row of this catalogue
   * @return the one after it; after the last, the first
   */
  public Row after(Row row) {
    return rows.get((rows.indexOf(row) + 1) % rows.size());
  }

  /**
   * The ids that look most like a misspelt one.
   *
   * @param id what was asked for
   * @return at most three ids, the nearest first; empty when none is near
   */
  public List<String> nearest(String id) {
    int limit = Math.max(2, id.length() / 2);
    return rows.stream()
        .map(Row::id)
        .filter(known -> known.contains(id) || edits(known, id) <= limit)
        .sorted(Comparator.comparingInt(known -> edits(known, id)))
        .limit(3)
        .toList();
  }

  /** Levenshtein's distance: insertions, deletions and replacements that turn a into b. */
  private static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
