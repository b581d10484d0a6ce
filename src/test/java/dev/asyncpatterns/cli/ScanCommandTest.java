package dev.asyncpatterns.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScanCommandTest {
  private static final String DEMO = "dev/asyncpatterns/demo/scan/";

  @TempDir private Path project;
  private Path conf;
  private Path classes;

  @BeforeEach
  void copyClasses() throws IOException {
    conf = Cli.patient(project);
    classes = Files.createDirectory(project.resolve("classes"));
    for (String name : new String[] {"Prices", "GuiltyVerticle", "InnocentVerticle"}) {
      String file = "ScanDemo$" + name + ".class";
      try (var in = ScanCommandTest.class.getResourceAsStream("/" + DEMO + file)) {
        Files.write(classes.resolve(file), in.readAllBytes());
      }
    }
  }

  private Cli scan(String... args) {
    String[] all = new String[args.length + 1];
    all[0] = "scan";
    System.arraycopy(args, 0, all, 1, args.length);
    return Cli.run(conf, Cli.FAKES, all);
  }

  @Test
  void findings_giveStatusOne_andTheWay() {
    Cli scan = scan(classes.toString());
    assertEquals(1, scan.status(), scan.out() + scan.err());
    assertTrue(scan.out().contains("by EventBus.consumer"), scan.out());
    assertTrue(scan.out().contains("ScanDemo$Prices.remote  ScanDemo.java:"), scan.out());
  }

  @Test
  void formats_areJsonAndSarif() {
    JsonObject json = new JsonObject(scan(classes.toString(), "--format", "json").out());
    assertTrue(json.getJsonArray("findings").size() >= 1);
    JsonObject sarif = new JsonObject(scan(classes.toString(), "--format", "sarif").out());
    assertEquals("2.1.0", sarif.getString("version"));
  }

  @Test
  void baseline_writtenAndRead_isClean() {
    String file = project.resolve("known.txt").toString();
    assertEquals(0, scan(classes.toString(), "--write-baseline", file).status());
    assertEquals(0, scan(classes.toString(), "--baseline", file, "--fail-on", "info").status());
  }

  @Test
  void explain_saysWhyAndWhatToDo() {
    Cli explain = scan("--explain", "el101");
    assertEquals(0, explain.status());
    assertTrue(explain.out().contains("fix       Delay.of"), explain.out());
    Cli unknown = scan("--explain", "EL999");
    assertEquals(2, unknown.status());
    assertTrue(unknown.err().contains("There is no rule EL999"), unknown.err());
  }

  @Test
  void wrongCalls_giveStatusTwo() {
    assertEquals(2, scan().status());
    assertEquals(2, scan("no/such/path").status());
    assertEquals(2, scan(classes.toString(), "--fail-on", "never").status());
  }

  @Test
  void unreadable_givesStatusThree() throws IOException {
    Files.writeString(classes.resolve("Broken.class"), "no class");
    Cli scan = scan(classes.toString());
    assertEquals(3, scan.status(), scan.out());
    assertTrue(scan.out().contains("1 NOT READ"), scan.out());
    Path maven = Files.createDirectory(project.resolve("app"));
    Files.writeString(maven.resolve("pom.xml"), "<project/>");
    Cli bare = scan(maven.toString());
    assertEquals(3, bare.status());
    assertTrue(bare.err().contains("run mvn compile"), bare.err());
  }
}
