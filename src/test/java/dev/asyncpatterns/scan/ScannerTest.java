package dev.asyncpatterns.scan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each fixture marks the lines that must be found with their rule; every other line must not be.
 * Both compilers must give the same findings.
 */
class ScannerTest {
  private static final Pattern MARK = Pattern.compile("// (EL[0-9]{3})");
  private static final Set<String> ELSEWHERE = Set.of("EL321", "EL902", "EL903");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"Waits", "Locks", "Inputs", "Futures", "Deployed", "Wrappers", "Buses"})
  void findings_areThoseMarked(String name) {
    assertEquals(marked(name), found(name, Compiled.JAVAC));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Waits", "Locks", "Inputs", "Futures", "Deployed", "Wrappers", "Buses"})
  void findings_areThoseMarked_compiledByEcj(String name) {
    assertEquals(marked(name), found(name, Compiled.ECJ));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Waits", "Locks", "Inputs", "Futures", "Deployed", "Wrappers", "Buses"})
  void fingerprints_doNotDependOnTheCompiler(String name) {
    Path other = folder.resolve("ecj");
    Path one = folder.resolve("javac");
    assertTrue(one.toFile().mkdir() && other.toFile().mkdir());
    Compiled.fixtureTo(one, Compiled.JAVAC, name);
    Compiled.fixtureTo(other, Compiled.ECJ, name);
    assertEquals(fingerprints(one), fingerprints(other));
  }

  @Test
  void everyRule_hasALineInSomeFixture() {
    Set<String> marked = new HashSet<>(ELSEWHERE);
    for (String name :
        List.of("Waits", "Locks", "Inputs", "Futures", "Deployed", "Wrappers", "Buses")) {
      marked(name).forEach(line -> marked.add(line.substring(line.indexOf(' ') + 1)));
    }
    Set<String> rules = new TreeSet<>();
    Rule.all().forEach(rule -> rules.add(rule.id()));
    assertEquals(rules, new TreeSet<>(marked));
  }

  /** The jar with the interface is not given: that a lambda is made for it says enough. */
  @Test
  void interfaceThatIsNowhere_isAFunctionWhereALambdaIsMadeForIt() {
    String text =
        """
        import org.junit.jupiter.api.function.Executable;
        public class Nowhere extends io.vertx.core.AbstractVerticle {
          @Override public void start() throws Exception {
            run(() -> java.util.concurrent.locks.LockSupport.park());
          }
          private static void run(Executable code) throws Exception {
            try { code.execute(); } catch (Throwable e) { throw new Exception(e); }
          }
        }
        """;
    Compiled.to(folder, Compiled.JAVAC, "Nowhere", text);
    Report report = Scanner.create(Scanner.Options.of(List.of(folder))).scan();
    assertEquals(
        List.of("EL102|Nowhere.start$lambda|java.util.concurrent.locks.LockSupport.park()"),
        report.findings().stream().map(Finding::place).toList());
  }

  private static Set<String> fingerprints(Path folder) {
    Set<String> all = new TreeSet<>();
    Compiled.scan(folder)
        .findings()
        .forEach(found -> all.add(found.fingerprint() + " " + found.key()));
    return all;
  }

  private static Set<String> marked(String name) {
    Set<String> lines = new TreeSet<>();
    String[] text = Compiled.fixture(name).split("\n");
    for (int i = 0; i < text.length; i++) {
      Matcher mark = MARK.matcher(text[i]);
      if (mark.find()) {
        lines.add(number(i + 1) + " " + mark.group(1));
      }
    }
    return lines;
  }

  private Set<String> found(String name, JavaCompiler compiler) {
    Compiled.fixtureTo(folder, compiler, name);
    Report report = Compiled.scan(folder);
    assertEquals(List.of(), report.problems());
    Set<String> lines = new TreeSet<>();
    for (Finding finding : report.findings()) {
      List<Finding.Hop> path = finding.path();
      lines.add(number(path.get(path.size() - 1).line()) + " " + finding.rule().id());
    }
    return lines;
  }

  private static String number(int line) {
    return String.format(java.util.Locale.ROOT, "%03d", line);
  }
}
