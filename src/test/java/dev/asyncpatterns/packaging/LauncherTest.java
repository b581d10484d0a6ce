package dev.asyncpatterns.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.demo.Catalog;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A demo is an ordinary verticle: the launcher of Vert.x runs it from the demos jar. */
@Tag("packaging")
class LauncherTest {

  @Test
  void vertxLauncher_runsADemoFromTheDemosJar() throws Exception {
    Catalog.Row row = Catalog.load().row("delay").orElseThrow();
    Path work = Files.createDirectories(MainJar.buildDirectory().resolve("packaging"));
    Command ran =
        Command.run(
            work.toAbsolutePath(),
            Command.jdk("java"),
            "-cp",
            MainJar.packed("-demos").toString(),
            "io.vertx.launcher.application.VertxApplication",
            row.demo(),
            "--conf",
            "{\"exit\": true}");
    assertEquals(0, ran.exit(), ran::output);
    assertTrue(ran.output().contains("PASS"), ran::output);
  }
}
