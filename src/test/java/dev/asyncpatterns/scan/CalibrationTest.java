package dev.asyncpatterns.scan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
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
 * Known sites in public code: found before the fix, gone after it, and nothing sure on what is
 * clean. The jars are those of the local Maven repository; one that is not there is skipped.
 *
 * <p>Projects that are published as source only have coordinates that begin with {@code github:}.
 * They are read from {@code -Dcalibration.classes=FOLDER}, where whoever wants their rows has put
 * their compiled classes as {@code FOLDER/<row>/classes} and their class path as {@code
 * FOLDER/<row>/classpath.txt}; without it they are skipped.
 *
 * <p>Rows 3pre and 3post are judged by their site only: of the other findings in vertx-core too few
 * were read to put a verdict on them all.
 */
@Tag("big")
class CalibrationTest {
  private static final Set<String> BY_SITE_ONLY = Set.of("3pre", "3post");
  private static final double RECALL = 0.95;
  private static final double PRECISION = 0.75;
  private static final double SURE_PRECISION = 0.90;

  private record Jar(String row, String coordinates, String sha256, List<String> on, String role) {}

  private record Verdict(String row, String verdict, String entry, String frame, String sink) {
    static Verdict of(String row, String verdict, String way, String sink) {
      String[] ends = way.split(" -> ");
      return ends.length == 2
          ? new Verdict(row, verdict, ends[0], ends[1], sink)
          : new Verdict(row, verdict, "*", way, sink);
    }

    boolean fits(Finding finding) {
      return Tables.fits(entry, finding.entry())
          && Tables.fits(frame, finding.frame())
          && Tables.fits(sink + "*", finding.sink());
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
        .map(line -> Verdict.of(line[0], line[1], line[2], line[3]))
        .toList();
  }

  private static final String SOURCE = "github:";

  private static Path folder(Jar jar) {
    return Path.of(System.getProperty("calibration.classes", "no-such-folder"), jar.row());
  }

  private static boolean isSource(Jar jar) {
    return jar.coordinates().startsWith(SOURCE);
  }

  private static Path file(Jar jar) {
    return isSource(jar) ? folder(jar).resolve("classes") : file(jar.coordinates());
  }

  private static List<Path> leansOn(Jar jar) throws IOException {
    if (isSource(jar)) {
      String paths = Files.readString(folder(jar).resolve("classpath.txt")).trim();
      return Arrays.stream(paths.split(File.pathSeparator)).map(Path::of).toList();
    }
    return jar.on().stream().filter(name -> !name.isEmpty()).map(CalibrationTest::file).toList();
  }

  private static Path file(String coordinates) {
    String[] part = coordinates.split(":");
    return Path.of(System.getProperty("maven.repo.local"))
        .resolve(part[0].replace('.', '/'))
        .resolve(part[1])
        .resolve(part[2])
        .resolve(part[1] + "-" + part[2] + ".jar");
  }

  private static boolean isThere(Jar jar) throws IOException {
    return Files.exists(file(jar)) && leansOn(jar).stream().allMatch(Files::exists);
  }

  private static List<Finding> scan(Jar jar) throws IOException {
    if (!isSource(jar)) {
      assertEquals(jar.sha256(), sha256(file(jar)), jar.coordinates());
    }
    Report report =
        Scanner.create(Scanner.Options.of(List.of(file(jar))).withClassPath(leansOn(jar))).scan();
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
        () ->
            isSource(jar)
                ? "SKIP: source only; compile it, and say where by -Dcalibration.classes"
                : "SKIP: fetch it with mvn dependency:get -Dartifact="
                    + jar.coordinates()
                    + ", and so for "
                    + jar.on());
    List<Finding> findings = scan(jar);
    for (Verdict verdict : verdicts(jar.row())) {
      boolean found = findings.stream().anyMatch(verdict::fits);
      boolean expected = !verdict.verdict().equals("GONE");
      assertEquals(expected, found, verdict.toString());
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

  /** What there is to find, and what was found. */
  private static final class Tally {
    private final Set<Verdict> seen = new HashSet<>();
    private int sites;
    private int found;
    private int places;
    private int wrong;
    private int surePlaces;
    private int sureWrong;

    private void add(Verdict verdict, List<Finding> findings) {
      boolean hit = findings.stream().anyMatch(verdict::fits);
      boolean sure =
          findings.stream()
              .anyMatch(one -> verdict.fits(one) && one.confidence() == Confidence.HIGH);
      boolean isWrong = Set.of("FALSE", "GONE").contains(verdict.verdict());
      boolean isSite = verdict.verdict().equals("SITE");
      sites += isSite ? 1 : 0;
      found += isSite && hit ? 1 : 0;
      if (!seen.add(verdict)) {
        return;
      }
      places += hit ? 1 : 0;
      wrong += hit && isWrong ? 1 : 0;
      surePlaces += sure ? 1 : 0;
      sureWrong += sure && isWrong ? 1 : 0;
    }

    private double recall() {
      return (double) found / sites;
    }

    private double precision() {
      return (double) (places - wrong) / places;
    }

    private double surePrecision() {
      return surePlaces == 0 ? 1 : (double) (surePlaces - sureWrong) / surePlaces;
    }

    @Override
    public String toString() {
      return "recall %d/%d, precision %d/%d, of those at high confidence %d/%d"
          .formatted(found, sites, places - wrong, places, surePlaces - sureWrong, surePlaces);
    }
  }

  @Test
  void recallAndPrecision_areAsPromised() throws IOException {
    Tally tally = new Tally();
    List<String> used = new ArrayList<>();
    for (Jar jar : jars()) {
      if (isThere(jar)) {
        used.add(jar.row());
        List<Finding> findings = scan(jar);
        for (Verdict verdict : verdicts(jar.row())) {
          tally.add(verdict, findings);
        }
      }
    }
    assumeTrue(tally.sites > 0, "SKIP: none of the jars is in the local repository");
    String figures = "rows " + used + ": " + tally;
    System.out.println(figures);
    assertTrue(tally.recall() >= RECALL, figures);
    assertTrue(tally.precision() >= PRECISION, figures);
    assertTrue(tally.surePrecision() >= SURE_PRECISION, figures);
  }
}
