package dev.asyncpatterns.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The packed main jar in the hands of its users: a module, a Maven project, a shaded program. */
@Tag("packaging")
class PackagedJarTest {
  private static final String VERSION = System.getProperty("project.version");

  private static Path work;
  private static Path embed;

  @BeforeAll
  static void buildTheUsersProject() throws Exception {
    work = Files.createDirectories(MainJar.buildDirectory().resolve("packaging").toAbsolutePath());
    embed = work.resolve("embed");
    copy(source("embed"), embed);
    maven(
        "-f",
        base().resolve("pom.xml").toString(),
        "-Dfile=" + MainJar.packed(),
        "-DpomFile=" + base().resolve("pom.xml"),
        "install:install-file");
    maven(
        "-f",
        embed.resolve("pom.xml").toString(),
        "-Dasyncpatterns.version=" + VERSION,
        "-Dnetty.version=" + System.getProperty("netty.version"),
        "clean",
        "package");
  }

  @Test
  void modulePath_runsAPattern() throws Exception {
    String modules = modulePath();
    Path out = work.resolve("modular");
    Command.run(
            work,
            List.of(
                Command.jdk("javac"),
                "-d",
                out.toString(),
                "--module-path",
                modules,
                source("modular").resolve("module-info.java").toString(),
                source("modular").resolve("example/Modular.java").toString()))
        .mustSucceed();
    Command ran =
        Command.run(
            work,
            List.of(
                Command.jdk("java"),
                "--module-path",
                out + File.pathSeparator + modules,
                "--module",
                "example.modular/example.Modular"));
    assertEquals(0, ran.exit(), ran::output);
    assertTrue(ran.output().contains("granted in module { name: dev.asyncpatterns@"), ran::output);
  }

  @Test
  void onlyDependency_bringsVertxCoreAndNothingOptional() throws Exception {
    List<String> foreign =
        Stream.of(Files.readString(embed.resolve("target/classpath")).split(File.pathSeparator))
            .map(entry -> Path.of(entry).getFileName().toString())
            .filter(name -> !name.startsWith("vertx-async-patterns-"))
            .filter(name -> !MainJar.isVertxCoreOrWhatItBrings(name))
            .toList();
    assertEquals(List.of(), foreign);
  }

  @Test
  void onlyDependency_runsTheEmbedExample() throws Exception {
    String classPath =
        embed.resolve("target/classes")
            + File.pathSeparator
            + Files.readString(embed.resolve("target/classpath"));
    assertRuns(Command.run(work, Command.jdk("java"), "-cp", classPath, "example.Embed"));
  }

  @Test
  void shadedJar_runsTheEmbedExample() throws Exception {
    Path jar = embed.resolve("target/embed-1-shaded.jar");
    assertRuns(Command.run(work, Command.jdk("java"), "-jar", jar.toString()));
  }

  @Test
  void shadedJarWithoutServices_namesTheCure() throws Exception {
    Path jar = embed.resolve("target/embed-1-careless.jar");
    Command ran = Command.run(work, Command.jdk("java"), "-jar", jar.toString());
    assertTrue(ran.output().contains("ServicesResourceTransformer"), ran::output);
    assertTrue(ran.output().contains("META-INF/services"), ran::output);
    assertTrue(!ran.output().contains("mapped"), ran::output);
  }

  private static void assertRuns(Command ran) {
    assertEquals(0, ran.exit(), ran::output);
    assertEquals("mapped [A, B, C]", ran.output().strip());
  }

  private static String modulePath() {
    return Stream.concat(Stream.of(MainJar.packed()), MainJar.vertxCoreJars().stream())
        .map(Path::toString)
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static void maven(String... arguments) throws Exception {
    Path mvn = Path.of(System.getProperty("maven.home"), "bin", "mvn");
    String repository = "-Dmaven.repo.local=" + System.getProperty("maven.repo.local");
    Stream<String> command =
        Stream.concat(Stream.of(mvn.toString(), "-q", "-B", repository), Stream.of(arguments));
    Command.run(work, command.toList()).mustSucceed();
  }

  private static Path base() {
    return Path.of(System.getProperty("project.basedir"));
  }

  private static Path source(String name) {
    return base().resolve("src/test/packaging").resolve(name);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.copy(file, target, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }
}
