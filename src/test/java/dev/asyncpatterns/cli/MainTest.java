package dev.asyncpatterns.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
  private static final String PATTERNS =
      """
      gather-all     | gather | all results, in order | asyncio.gather | a.A | demo.a.ADemo | a.ATest | a.ABenchmark
      map-concurrent | gather | at most n at a time   | -              | b.B | demo.b.BDemo | b.BTest | none (no floor)
      """;

  @TempDir private Path project;
  private Path conf;

  @BeforeEach
  void settings() throws IOException {
    conf = Cli.patient(project);
  }

  private Cli run(String catalog, String... args) {
    return Cli.run(conf, catalog, args);
  }

  @Test
  void noArguments_runsAll_andEndsWithTheCount() {
    Cli all = run(Cli.FAKES);
    assertEquals(1, all.status(), all.out() + all.err());
    assertEquals("1 passed, 1 failed, 1 skipped", all.lastLine());
    assertTrue(all.lines().contains("[ 1/3] PASS Honest"), all.out());
    assertTrue(all.lines().contains("[ 3/3] SKIP Skips"), all.out());
    assertTrue(all.out().contains("Check    FAILED: it is 1, was 3"), all.out());
    assertFalse(all.out().contains("Fix      it is 1"), "only failed stories are told: " + all);
  }

  @Test
  void noArguments_withoutFailure_exitsWithZero() {
    Cli all = run(Cli.FAKES.lines().findFirst().orElseThrow());
    assertEquals(0, all.status(), all.out() + all.err());
    assertEquals("1 passed, 0 failed", all.lastLine());
  }

  @Test
  void list_namesEveryPattern() {
    Cli list = run(PATTERNS, "list");
    assertEquals(0, list.status());
    assertTrue(
        list.lines().get(0).matches("gather-all +gather +all results, in order +asyncio.gather"),
        list.out());
    assertTrue(
        list.lines().get(1).matches("map-concurrent +gather +at most n at a time"), list.out());
  }

  @Test
  void listJson_isAnArrayOfEveryField() {
    JsonArray rows = new JsonArray(run(PATTERNS, "list", "--json").out());
    assertEquals(2, rows.size());
    JsonObject expected =
        new JsonObject()
            .put("id", "gather-all")
            .put("family", "gather")
            .put("title", "all results, in order")
            .put("asyncio", "asyncio.gather")
            .put("type", "dev.asyncpatterns.a.A")
            .put("demo", "dev.asyncpatterns.demo.a.ADemo")
            .put("test", "dev.asyncpatterns.a.ATest")
            .put("benchmark", "dev.asyncpatterns.a.ABenchmark");
    assertEquals(expected, rows.getJsonObject(0));
    assertEquals("none (no floor)", rows.getJsonObject(1).getString("benchmark"));
  }

  @Test
  void listMarkdown_isTheTableOfTheReadme() {
    List<String> lines = run(PATTERNS, "list", "--markdown").lines();
    assertEquals(6, lines.size());
    assertEquals(
        "| gather-all | all results, in order | asyncio.gather"
            + " | [A](src/main/java/dev/asyncpatterns/a/A.java)"
            + " | [ADemo](src/main/java/dev/asyncpatterns/demo/a/ADemo.java)"
            + " | [ATest](src/test/java/dev/asyncpatterns/a/ATest.java) |",
        lines.get(3));
  }

  @Test
  void demo_tellsTheStory_andExitsByItsVerdict() {
    Cli passed = run(Cli.FAKES, "demo", "Honest");
    assertEquals(0, passed.status(), passed.out() + passed.err());
    assertTrue(passed.lastLine().startsWith("PASS Honest"), passed.out());
    Cli failed = run(Cli.FAKES, "demo", "Honest", "FailingCheck");
    assertEquals(1, failed.status(), failed.out() + failed.err());
    assertEquals("1 passed, 1 failed", failed.lastLine());
  }

  @Test
  void demoJson_isAnObjectALine_andTheStoryGoesToStderr() {
    Cli json = run(Cli.FAKES, "demo", "Honest", "Skips", "--json");
    assertEquals(0, json.status(), json.err());
    List<String> lines = json.lines();
    assertEquals(2, lines.size(), json.out());
    JsonObject first = new JsonObject(lines.get(0));
    assertEquals(
        Set.of("id", "verdict", "reason", "millis", "measured", "blockedWarnings"),
        first.fieldNames());
    assertEquals("Honest", first.getString("id"));
    assertEquals("PASS", first.getString("verdict"));
    assertEquals(new JsonObject().put("value", 1), first.getJsonObject("measured"));
    assertEquals(
        new JsonObject().put("problem", 0).put("fix", 0), first.getJsonObject("blockedWarnings"));
    assertTrue(first.getLong("millis") >= 0);
    JsonObject second = new JsonObject(lines.get(1));
    assertEquals("SKIP", second.getString("verdict"));
    assertEquals("needs Java 99", second.getString("reason"));
    assertTrue(json.err().contains("Problem  it is 2"), json.err());
  }

  @Test
  void demoUnderSabotage_fails() {
    Cli sabotaged = run(Cli.FAKES, "demo", "Honest", "--sabotage");
    assertEquals(1, sabotaged.status(), sabotaged.out() + sabotaged.err());
    assertTrue(sabotaged.lastLine().startsWith("FAIL Honest"), sabotaged.out());
  }

  @Test
  void unknownId_exitsWithTwo_andNamesTheNearest() {
    Cli near = run(PATTERNS, "demo", "gathr-all");
    assertEquals(2, near.status());
    assertEquals("There is no pattern gathr-all; did you mean gather-all?", near.err().strip());
    assertEquals("", near.out());
    Cli far = run(PATTERNS, "show", "xyz");
    assertEquals(2, far.status());
    assertEquals("There is no pattern xyz; ./run.sh list names all.", far.err().strip());
  }

  @Test
  void unknownId_runsNoneOfTheOthers() {
    Cli mixed = run(Cli.FAKES, "demo", "Honest", "Honst");
    assertEquals(2, mixed.status());
    assertEquals("", mixed.out());
  }

  @Test
  void wrongCalls_exitWithTwo() {
    assertEquals(2, run(PATTERNS, "demo").status());
    assertEquals(2, run(PATTERNS, "show").status());
    assertEquals(2, run(PATTERNS, "nonsense").status());
    assertEquals(2, run(PATTERNS, "list", "--nonsense").status());
  }

  @Test
  void help_namesEveryCommand() {
    Cli help = run(PATTERNS, "--help");
    assertEquals(0, help.status());
    for (String command : List.of("list", "demo", "show", "test", "bench")) {
      assertTrue(help.out().contains("\n  " + command + " "), command + " in " + help.out());
    }
  }

  @Test
  void testAndBench_arePointedToRunSh() {
    assertEquals(2, run(PATTERNS, "test").status());
    assertTrue(run(PATTERNS, "bench").err().contains("./run.sh bench"));
  }

  @Test
  void badSettings_failWithOneLineThatNamesTheFile() throws IOException {
    Path options = conf.resolve("vertx-options.json");
    Files.writeString(options, "{not json");
    Cli broken = run(Cli.FAKES, "demo", "Honest");
    assertEquals(1, broken.status());
    assertTrue(broken.err().startsWith(options + " is not a JSON object: "), broken.err());
    Files.writeString(options, "{\"eventLoopPoolSize\": -1}");
    Cli invalid = run(Cli.FAKES, "demo", "Honest");
    assertEquals(1, invalid.status());
    assertTrue(invalid.err().startsWith(options + " holds an option that"), invalid.err());
    Files.delete(options);
    Files.writeString(conf.resolve("demos.json"), "{\"Honest\": 5}");
    Cli misplaced = run(Cli.FAKES, "demo", "Honest");
    assertEquals(1, misplaced.status());
    assertEquals("demos.json: Honest must be a JSON object", misplaced.err().strip());
  }

  @Test
  void show_printsWrongAndRightCode_withoutItsIndentation() throws IOException {
    Path source = project.resolve("src/main/java/dev/asyncpatterns/demo/a/ADemo.java");
    Files.createDirectories(source.getParent());
    Files.writeString(
        source,
        """
        class ADemo {
            // @start region="wrong"
            void wrong() {
              block();
            }
            // @end
            // @start region="right"
            right();
            // @end region="right"
            hidden();
            // @start region="right"
            more();
            // @end
        }
        """);
    Cli show = run(PATTERNS, "show", "gather-all");
    assertEquals(0, show.status(), show.err());
    assertEquals(
        """
        gather-all · all results, in order

        wrong
          void wrong() {
            block();
          }

        right
          right();
          more();

        whole: src/main/java/dev/asyncpatterns/demo/a/ADemo.java   run: ./run.sh demo gather-all
        """,
        show.out());
  }

  @Test
  void showWithoutSourceOrRegion_saysWhatIsMissing() throws IOException {
    Cli absent = run(PATTERNS, "show", "gather-all");
    assertEquals(1, absent.status());
    assertTrue(absent.err().startsWith("The source src/main/java/dev/"), absent.err());
    Path source = project.resolve("src/main/java/dev/asyncpatterns/demo/a/ADemo.java");
    Files.createDirectories(source.getParent());
    Files.writeString(source, "// @start region=\"wrong\"\nwrong();\n// @end\n");
    Cli half = run(PATTERNS, "show", "gather-all");
    assertEquals(1, half.status());
    assertTrue(half.err().contains("has no region \"right\""), half.err());
  }
}
