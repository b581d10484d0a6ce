package dev.asyncpatterns.scan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Reads the tables beside the classes: one row a line, columns between bars. */
final class Tables {
  private Tables() {}

  static List<String[]> read(String name, int columns) {
    try (InputStream in = Tables.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("The table " + name + " is not beside the classes");
      }
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), name, columns);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String[]> parse(String text, String name, int columns) {
    return text.lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(line -> row(line, name, columns))
        .toList();
  }

  private static String[] row(String line, String name, int columns) {
    String[] row = line.split("\\|", -1);
    if (row.length != columns) {
      throw new IllegalStateException(
          name + " must have " + columns + " columns, not " + row.length + ": " + line);
    }
    return Arrays.stream(row).map(String::trim).toArray(String[]::new);
  }

  /** Whether a name fits a pattern in which a star stands for any text. */
  static boolean fits(String pattern, String name) {
    int star = pattern.indexOf('*');
    if (star < 0) {
      return pattern.equals(name);
    }
    String head = pattern.substring(0, star);
    String tail = pattern.substring(star + 1);
    if (!name.startsWith(head)) {
      return false;
    }
    if (tail.isEmpty()) {
      return true;
    }
    for (int from = head.length(); from <= name.length(); from++) {
      if (fits(tail, name.substring(from))) {
        return true;
      }
    }
    return false;
  }
}
