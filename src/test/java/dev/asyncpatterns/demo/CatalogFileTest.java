package dev.asyncpatterns.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class CatalogFileTest {
  private static final String ROW = "%s | sync | a title | - | a.A | demo.a.ADemo | a.ATest | %s\n";
  private static final Catalog THREE =
      Catalog.parse(
          "# a comment\n\n"
              + ROW.formatted("gather-all", "a.ABenchmark")
              + ROW.formatted("timeout", "none (why)")
              + ROW.formatted("map-concurrent", "none (why)"));

  private static String refusal(String text) {
    return assertThrows(IllegalArgumentException.class, () -> Catalog.parse(text)).getMessage();
  }

  @Test
  void rows_keepTheirOrder_andFullNames() {
    assertEquals(
        List.of("gather-all", "timeout", "map-concurrent"),
        THREE.rows().stream().map(Catalog.Row::id).toList());
    Catalog.Row first = THREE.rows().get(0);
    assertEquals("dev.asyncpatterns.demo.a.ADemo", first.demo());
    assertTrue(first.benchmarked());
    assertFalse(THREE.rows().get(1).benchmarked());
  }

  @Test
  void after_goesRound() {
    Catalog.Row last = THREE.row("map-concurrent").orElseThrow();
    assertEquals("gather-all", THREE.after(last).id());
    assertEquals("timeout", THREE.after(THREE.rows().get(0)).id());
  }

  @Test
  void nearest_orderedByDistance_andEmptyWhenNoneIsNear() {
    assertEquals(List.of("gather-all"), THREE.nearest("gathr-all"));
    assertEquals(List.of("timeout"), THREE.nearest("tiemout"));
    assertEquals(List.of("map-concurrent"), THREE.nearest("map"));
    assertEquals(List.of(), THREE.nearest("xyz"));
  }

  @Test
  void badLines_areNamed() {
    assertEquals(
        "catalog.txt line 2: 8 fields separated by | are needed, was: a | b", refusal("#\na | b"));
    String empty = ROW.formatted("", "none (why)");
    assertTrue(refusal(empty).startsWith("catalog.txt line 1: 8 fields"), refusal(empty));
    String twice = ROW.formatted("a", "none (why)").repeat(2);
    assertEquals("catalog.txt line 2: second row named a", refusal(twice));
  }
}
