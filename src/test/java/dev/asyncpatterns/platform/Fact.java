package dev.asyncpatterns.platform;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;

/**
 * A claim about Vert.x itself, which this library answers. A probe must come out in one of two ways
 * known beforehand: as claimed, or mended. Anything else means that the claim is no longer
 * understood and is red.
 */
final class Fact {
  private static final System.Logger LOG = System.getLogger("dev.asyncpatterns.platform.Fact");
  private static final String VERSION = version();

  private final String claim;

  private Fact(String claim) {
    this.claim = claim;
  }

  static Fact that(String claim) {
    return new Fact(claim);
  }

  /** Logs {@code HOLDS} or {@code mended}, with the version; fails unless exactly one is true. */
  void observed(Object observation, boolean asClaimed, boolean mended) {
    String line = claim + " (observed: " + observation + ")";
    if (asClaimed == mended) {
      fail("Vert.x " + VERSION + ": neither as claimed nor mended: " + line);
    }
    LOG.log(Level.INFO, (asClaimed ? "HOLDS in " : "mended in ") + VERSION + ": " + line);
  }

  private static String version() {
    try (InputStream in =
        ClassLoader.getSystemResourceAsStream("META-INF/vertx/vertx-version.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).trim();
    } catch (IOException e) {
      throw new IllegalStateException("the Vert.x version cannot be read", e);
    }
  }
}
