package dev.asyncpatterns.scan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Known sites in public jars: found before the fix, gone after it, and nothing sure on what is
 * clean. The jars are those of the local Maven repository; one that is not there is skipped.
 *
 * <p>Rows 3pre and 3post are judged by their site only: of the other findings in vertx-core too few
 * were read to put a verdict on them all.
 */
@Tag("big")
class CalibrationTest {
  private static final Set<String> BY_SITE_ONLY = Set.of("3pre", "3post");
  private static final double RECALL = 0.95;
  private static final double PRECISION = 0.75;

  private record Jar(String row, String coordinates, String sha256, List<String> on, String role) {}

  private record Verdict(String row, String verdict, String frame, String sink) {
    boolean fits(Finding finding) {
      return Tables.fits(frame, finding.frame()) && Tables.fits(sink + "*", finding.sink());
    }
  }

  private static List<String[]> table(String name, int columns) throws IOException {
    try (InputStream in = CalibrationTest.class.getResourceAsStream(name)) {
      return Tables.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), name, columns);
    }
  }

  private static List<Jar> jars() throws IOException {
    return table("calibration.txt", 5).stream()
        .map(row -> new Jar(row[0], row[1], row[2], Arrays.asList(row[3].split(" ")), row[4]))
        .toList();
  }

  private static List<Verdict> verdicts(String row) throws IOException {
    return table("adjudicated.txt", 5).stream()
        .filter(line -> line[0].equals(row))
        .map(line -> new Verdict(line[0], line[1], line[2], line[3]))
        .toList();
  }

  private static Path file(String coordinates) {
    String[] part = coordinates.split(":");
    return Path.of(System.getProperty("maven.repo.local"))
        .resolve(part[0].replace('.', '/'))
        .resolve(part[1])
        .resolve(part[2])
        .resolve(part[1] + "-" + part[2] + ".jar");
  }

  private static boolean isThere(Jar jar) {
    return Files.exists(file(jar.coordinates()));
  }

  private static List<Finding> scan(Jar jar) throws IOException {
    assertEquals(jar.sha256(), sha256(file(jar.coordinates())), jar.coordinates());
    List<Path> on =
        jar.on().stream().filter(name -> !name.isEmpty()).map(CalibrationTest::file).toList();
    Report report =
        Scanner.create(
                Scanner.Options.of(List.of(file(jar.coordinates())))
                    .withClassPath(on.stream().filter(Files::exists).toList()))
            .scan();
    assertEquals(List.of(), report.problems());
    return report.findings().stream()
        .filter(finding -> finding.rule().id().compareTo("EL5") < 0)
        .toList();
  }

  private static String sha256(Path file) throws IOException {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @TestFactory
  Stream<DynamicTest> everyJar_isAsJudged() throws IOException {
    return jars().stream().map(jar -> dynamicTest(jar.row(), () -> check(jar)));
  }

  private static void check(Jar jar) throws IOException {
    assumeTrue(
        isThere(jar),
        () -> "SKIP: fetch it with mvn dependency:get -Dartifact=" + jar.coordinates());
    List<Finding> findings = scan(jar);
    for (Verdict verdict : verdicts(jar.row())) {
      boolean found = findings.stream().anyMatch(verdict::fits);
      assertEquals(!verdict.verdict().equals("GONE"), found, verdict.toString());
    }
    if (jar.role().equals("clean")) {
      assertTrue(
          findings.stream().noneMatch(finding -> finding.confidence() == Confidence.HIGH),
          findings::toString);
    }
    if (!BY_SITE_ONLY.contains(jar.row())) {
      assertEquals(Set.of(), unjudged(jar, findings), "findings without a verdict");
    }
  }

  private static Set<String> unjudged(Jar jar, List<Finding> findings) throws IOException {
    List<Verdict> verdicts = verdicts(jar.row());
    Set<String> places = new TreeSet<>();
    for (Finding finding : findings) {
      if (verdicts.stream().noneMatch(verdict -> verdict.fits(finding))) {
        places.add(finding.place());
      }
    }
    return places;
  }

  @Test
  void recallAndPrecision_areAsPromised() throws IOException {
    int sites = 0;
    int found = 0;
    int places = 0;
    int wrong = 0;
    List<String> used = new ArrayList<>();
    for (Jar jar : jars()) {
      if (!isThere(jar)) {
        continue;
      }
      used.add(jar.row());
      List<Finding> findings = scan(jar);
      for (Verdict verdict : verdicts(jar.row())) {
        boolean hit = findings.stream().anyMatch(verdict::fits);
        sites += verdict.verdict().equals("SITE") ? 1 : 0;
        found += verdict.verdict().equals("SITE") && hit ? 1 : 0;
        places += hit ? 1 : 0;
        wrong += hit && Set.of("FALSE", "GONE").contains(verdict.verdict()) ? 1 : 0;
      }
    }
    assumeTrue(sites > 0, "SKIP: none of the jars is in the local repository");
    double recall = (double) found / sites;
    double precision = (double) (places - wrong) / places;
    String figures =
        "rows %s: recall %d/%d, precision %d/%d"
            .formatted(used, found, sites, places - wrong, places);
    System.out.println(figures);
    assertTrue(recall >= RECALL, figures);
    assertTrue(precision >= PRECISION, figures);
  }
}
