package dev.asyncpatterns.scan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The catalogue: every row is exercised by an example kept apart, and names what there is. */
class SinksTest {
  private static final List<String> OF_THE_JDK =
      List.of(
          "java/", "javax/net/", "javax/crypto/", "javax/naming/", "javax/sql/", "javax/imageio/");

  private static List<String[]> examples() throws IOException {
    try (InputStream in = SinksTest.class.getResourceAsStream("sink-examples.txt")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return Tables.parse(text, "sink-examples.txt", 4);
    }
  }

  @Test
  void everyExample_isFoundUnderItsRule() throws IOException {
    List<String> lost = new ArrayList<>();
    try (Types types = new Types(List.of(), new ArrayList<>())) {
      Sinks sinks = new Sinks(types, Sinks.catalogue());
      for (String[] call : examples()) {
        boolean found =
            sinks.find(call[1], call[2], call[3]).stream()
                .anyMatch(sink -> sink.rule().equals(call[0]));
        if (!found) {
          lost.add(String.join(" ", call));
        }
      }
    }
    assertEquals(List.of(), lost);
  }

  @Test
  void noRow_canBeDeletedUnseen() throws IOException {
    List<Sinks.Sink> rows = Sinks.catalogue();
    List<Sinks.Sink> idle = new ArrayList<>(rows);
    try (Types types = new Types(List.of(), new ArrayList<>())) {
      for (String[] call : examples()) {
        List<Sinks.Sink> found =
            new Sinks(types, rows)
                .find(call[1], call[2], call[3]).stream()
                    .filter(sink -> sink.rule().equals(call[0]))
                    .toList();
        if (found.size() == 1) {
          idle.remove(found.get(0));
        }
      }
    }
    assertEquals(List.of(), idle, "rows that no example needs");
  }

  @Test
  void everyRowOfTheJdk_resolvesOnThisJdk() {
    int release = Runtime.version().feature();
    List<String> lost = new ArrayList<>();
    int checked = 0;
    try (Types types = new Types(List.of(), new ArrayList<>())) {
      for (Sinks.Sink sink : Sinks.catalogue()) {
        boolean ofJdk = OF_THE_JDK.stream().anyMatch(sink.owner()::startsWith);
        boolean now = sink.since() <= release && (sink.until() == 0 || release <= sink.until());
        if (ofJdk && now && !sink.owner().startsWith("javax/sql/rowset")) {
          checked++;
          if (!exists(types, sink)) {
            lost.add(sink.toString());
          }
        }
      }
    }
    assertEquals(List.of(), lost);
    assertTrue(checked > 120, "rows of the JDK: " + checked);
  }

  private static boolean exists(Types types, Sinks.Sink sink) {
    return types.supers(sink.owner()).stream()
        .map(types::header)
        .filter(header -> header != null)
        .flatMap(header -> header.methods().stream())
        .map(method -> method.substring(1))
        .anyMatch(method -> {
          int desc = method.indexOf('(');
          return Tables.fits(sink.name(), method.substring(0, desc))
              && Tables.fits(sink.desc(), method.substring(desc));
        });
  }

  @Test
  void everyRow_namesARule() {
    Set<String> weights = Set.of("H", "M", "L");
    for (Sinks.Sink sink : Sinks.catalogue()) {
      assertTrue(Rule.find(sink.rule()).isPresent(), sink.toString());
      assertTrue(weights.contains(sink.weight()), sink.toString());
    }
  }

  @Test
  void patterns_fitAnyTextAtAStar() {
    assertTrue(Tables.fits("a*b*c", "a12b34c"));
    assertTrue(Tables.fits("*", ""));
    assertTrue(!Tables.fits("a*b", "a1c"));
    assertTrue(!Tables.fits("ab", "abc"));
  }
}
