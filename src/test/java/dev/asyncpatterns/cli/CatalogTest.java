package dev.asyncpatterns.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.asyncpatterns.demo.Catalog;
import dev.asyncpatterns.demo.DemoRunner;
import dev.asyncpatterns.demo.DemoSettings;
import dev.asyncpatterns.demo.Terminal;
import dev.asyncpatterns.testing.NoBlocking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every pattern of the catalogue has its five stops, and a demo that passes and can fail. */
@NoBlocking(off = "the wrong ways of the demos block")
class CatalogTest {
  private static final Path PROJECT = Path.of("");
  private static final Catalog CATALOG = Catalog.load();
  private static final DemoRunner RUNNER =
      DemoRunner.create(DemoSettings.load(PROJECT.resolve("conf")), Terminal.stdout());

  @AfterAll
  static void close() {
    RUNNER.close();
  }

  private static List<String> readme() throws IOException {
    Path file = PROJECT.resolve("README.md");
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  @Test
  void readmeTable_equalsTheCatalogue() throws IOException {
    assertTrue(CATALOG.rows().size() >= 12, () -> "patterns: " + CATALOG.rows().size());
    assertEquals(ReadmeTable.lines(CATALOG), CatalogChecks.table(readme()));
  }

  @TestFactory
  Stream<DynamicTest> everyPattern_hasItsFiveStops() throws IOException {
    List<String> readme = readme();
    return CATALOG.rows().stream()
        .map(row ->
            dynamicTest(
                row.id(),
                () -> assertEquals(List.of(), CatalogChecks.missingStops(row, PROJECT, readme))));
  }

  @TestFactory
  Stream<DynamicTest> everyDemo_passes_andFailsUnderSabotage() {
    return CATALOG.rows().stream()
        .map(row ->
            dynamicTest(
                row.id(), () -> assertEquals(List.of(), CatalogChecks.faults(RUNNER, row))));
  }
}
