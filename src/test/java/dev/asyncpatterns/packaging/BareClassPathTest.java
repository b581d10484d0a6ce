package dev.asyncpatterns.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.URLClassLoader;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The main jar needs vertx-core and what that brings, nothing else. */
class BareClassPathTest {

  @Test
  void everyPublicClassOfTheMainJar_loadsWithVertxCoreAlone() throws IOException {
    Map<String, String> failures = new TreeMap<>();
    try (URLClassLoader bare = MainJar.bareLoader()) {
      for (String name : MainJar.classNames()) {
        try {
          // Initializing links and verifies the class, which is where a missing jar shows.
          Class.forName(name, true, bare);
        } catch (ReflectiveOperationException | LinkageError e) {
          failures.put(name, e.toString());
        }
      }
    }
    assertEquals(Map.of(), failures, "classes that need more than vertx-core");
  }

  @Test
  void bareLoader_hasNoOptionalJar() throws IOException {
    try (URLClassLoader bare = MainJar.bareLoader()) {
      for (String optional :
          new String[] {
            "io.vertx.ext.web.Router",
            "io.vertx.ext.web.client.WebClient",
            "org.jspecify.annotations.NullMarked",
            "org.junit.jupiter.api.Test",
            "picocli.CommandLine"
          }) {
        assertThrows(ClassNotFoundException.class, () -> bare.loadClass(optional), optional);
      }
    }
  }
}
