package dev.asyncpatterns.scan;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/**
 * One thing found: an entry, the method at fault, and what it calls.
 *
 * @param rule the rule broken
 * @param severity how bad it is; for some rules it depends on the call
 * @param confidence how sure it is
 * @param entry where the loop begins to run, as a stable name
 * @param frame the scanned method that makes the call, as a stable name
 * @param sink the call
 * @param path the way from the entry, or from what registered it, to the call
 */
public record Finding(
    Rule rule,
    Rule.Severity severity,
    Confidence confidence,
    String entry,
    String frame,
    String sink,
    List<Hop> path)
    implements Comparable<Finding> {
  private static final int FINGERPRINT_BYTES = 8;
  private static final Comparator<Finding> ORDER =
      Comparator.comparing(Finding::severity)
          .thenComparing(finding -> finding.rule().id())
          .thenComparing(Finding::frame)
          .thenComparing(Finding::sink)
          .thenComparingInt(Finding::line)
          .thenComparing(Finding::confidence)
          .thenComparing(Finding::entry);

  /**
   * A step of the way.
   *
   * @param method the method, short
   * @param file its source file, or its class where the file is not known
   * @param line the line in it, or -1
   * @param where the thread it runs on
   * @param note how it came to run, empty for a plain call
   */
  public record Hop(String method, String file, int line, String where, String note) {}

  /**
   * The identity of this finding over versions and compilers: it depends on names only.
   *
   * @return 16 hexadecimal digits
   */
  public String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] bytes = digest.digest(key().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(bytes, 0, FINGERPRINT_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  String key() {
    return entry + "|" + place();
  }

  /** The line of the call, or -1. */
  int line() {
    return path.isEmpty() ? -1 : path.get(path.size() - 1).line();
  }

  /** What findings with different entries have in common; the line is no part of it. */
  String place() {
    return String.join("|", rule.id(), frame, sink);
  }

  @Override
  public int compareTo(Finding other) {
    return ORDER.compare(this, other);
  }
}
