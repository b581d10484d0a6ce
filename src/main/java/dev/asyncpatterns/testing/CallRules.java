package dev.asyncpatterns.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Reads a stack: whether the loop was blocked by the user's code, by which call of it, and which
 * rule that breaks.
 */
final class CallRules {
  /** Whoever holds a lock for less does not make the loop wait in any way that counts. */
  private static final long SHORTEST_LOCK = 10_000_000;

  private static final List<String> PLATFORM =
      List.of("java.", "javax.", "jdk.", "sun.", "com.sun.");
  private static final CallRules SHIPPED = new CallRules(read());

  private final List<Row> ignored;
  private final List<Row> frameworks;
  private final List<Row> rules;
  private final List<Row> traced;

  /** A line of the table. */
  private record Row(String kind, String type, List<String> methods, String rule) {
    boolean fits(StackTraceElement frame) {
      return fits(type, frame.getClassName())
          && methods.stream().anyMatch(method -> fits(method, frame.getMethodName()));
    }

    private static boolean fits(String pattern, String name) {
      int star = pattern.indexOf('*');
      if (star < 0) {
        return pattern.equals(name);
      }
      String head = pattern.substring(0, star);
      String rest = pattern.substring(star + 1);
      return name.startsWith(head)
          && (rest.isEmpty() || fitsRest(rest, name.substring(head.length())));
    }

    private static boolean fitsRest(String pattern, String name) {
      for (int from = 0; from <= name.length(); from++) {
        if (fits(pattern, name.substring(from))) {
          return true;
        }
      }
      return false;
    }
  }

  private CallRules(List<Row> rows) {
    ignored = of(rows, "ignore");
    frameworks = of(rows, "framework");
    rules = of(rows, "rule");
    traced = of(rows, "trace");
  }

  static CallRules shipped() {
    return SHIPPED;
  }

  private static List<Row> of(List<Row> rows, String kind) {
    return rows.stream().filter(row -> row.kind().equals(kind)).toList();
  }

  private static List<Row> read() {
    try (InputStream in = CallRules.class.getResourceAsStream("blocking-calls.txt")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return text.lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(line -> line.split(" \\| "))
          .map(part -> new Row(part[0], part[1], Arrays.asList(part[2].split(" ")), part[3]))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The methods to be traced where the JDK can, in its own syntax. */
  String traces() {
    List<String> methods = new ArrayList<>();
    for (Row row : traced) {
      row.methods().forEach(method -> methods.add(row.type() + "::" + method));
    }
    return String.join(";", methods);
  }

  /** The types with traced methods. */
  List<String> tracedTypes() {
    return traced.stream().map(Row::type).distinct().toList();
  }

  /** The rule ids of the table. */
  List<String> ruleIds() {
    TreeSet<String> ids = new TreeSet<>();
    rules.forEach(row -> ids.add(row.rule()));
    traced.forEach(row -> ids.add(row.rule()));
    return List.copyOf(ids);
  }

  /**
   * What of the user's blocked the loop; nothing when it was none of theirs.
   *
   * @param limit how long the frameworks may take, in nanoseconds
   */
  Optional<BlockedCall> judge(Incident seen, long limit) {
    List<StackTraceElement> stack = seen.stack();
    int own = first(stack, 0, frame -> !isPlatform(frame));
    int user = first(stack, own, frame -> !isPlatform(frame) && !fits(frameworks, frame));
    if (user == stack.size() || isIgnored(seen) || Permissions.cover(stack)) {
      return Optional.empty();
    }
    int said = saidToBlock(stack.subList(own, user));
    if (said >= 0) {
      StackTraceElement call = stack.get(own + said);
      return Optional.of(blocked(seen, name(call), user, vertxRule(call)));
    }
    boolean isTheirs = user > own && seen.kind() != Incident.Kind.STUCK;
    if ((isTheirs || seen.kind() == Incident.Kind.BUSY) && seen.nanos() < limit) {
      return Optional.empty();
    }
    String rule = rule(seen, own);
    long shortest = seen.kind() == Incident.Kind.LOCK ? limit : SHORTEST_LOCK;
    return rule.equals("EL201") && seen.nanos() < shortest
        ? Optional.empty()
        : Optional.of(
            blocked(seen, user == 0 ? seen.kind().call : name(stack.get(user - 1)), user, rule));
  }

  /** Whether there is anything of the user's in a stack, so that it can be at fault. */
  boolean concerns(List<StackTraceElement> stack) {
    return stack.stream().anyMatch(frame -> !isPlatform(frame) && !fits(frameworks, frame))
        && !isIgnored(stack);
  }

  private static String name(StackTraceElement call) {
    return call.getClassName() + "." + call.getMethodName();
  }

  private static BlockedCall blocked(Incident seen, String call, int user, String rule) {
    return new BlockedCall(
        rule,
        call,
        seen.stack().get(user),
        seen.name(),
        Duration.ofNanos(seen.nanos()),
        seen.stack());
  }

  private String rule(Incident seen, int own) {
    // A queue or a pool has locks as well, which are not what it waits for.
    if (seen.stack().subList(0, own).stream().anyMatch(CallRules::isLock)) {
      return Incident.Kind.LOCK.rule;
    }
    for (int i = own - 1; i >= 0; i--) {
      StackTraceElement frame = seen.stack().get(i);
      for (Row row : rules) {
        if (row.fits(frame)) {
          boolean isConsole = seen.kind() == Incident.Kind.CONSOLE && row.rule().equals("EL310");
          return isConsole ? seen.kind().rule : row.rule();
        }
      }
    }
    return seen.kind().rule;
  }

  /** The method of Vert.x that says it blocks: *Blocking of the file system, Future.await. */
  private static int saidToBlock(List<StackTraceElement> frames) {
    for (int i = frames.size() - 1; i >= 0; i--) {
      String method = frames.get(i).getMethodName();
      String type = frames.get(i).getClassName();
      if (type.startsWith("io.vertx.")
          && ((method.endsWith("Blocking") && !method.equals("executeBlocking"))
              || (method.equals("await") && type.equals("io.vertx.core.Future")))) {
        return i;
      }
    }
    return -1;
  }

  private static String vertxRule(StackTraceElement call) {
    return call.getMethodName().equals("await") ? "EL105" : "EL312";
  }

  private boolean isIgnored(Incident seen) {
    boolean isWait = seen.kind() == Incident.Kind.SLEEP || seen.kind() == Incident.Kind.WAIT;
    return isIgnored(seen.stack()) || (!isWait && isInitializing(seen.stack()));
  }

  /** Whether this stack is of something a loop does once, or shortly, such as loading a class. */
  boolean isIgnored(List<StackTraceElement> stack) {
    return stack.stream().anyMatch(frame -> fits(ignored, frame));
  }

  private static boolean isInitializing(List<StackTraceElement> stack) {
    return stack.stream().anyMatch(frame -> frame.getMethodName().equals("<clinit>"));
  }

  private static boolean isLock(StackTraceElement frame) {
    return frame.getClassName().startsWith("java.util.concurrent.locks.")
        && frame.getClassName().contains("Lock")
        && frame.getMethodName().toLowerCase(Locale.ROOT).contains("lock");
  }

  private static boolean fits(List<Row> rows, StackTraceElement frame) {
    return rows.stream().anyMatch(row -> row.fits(frame));
  }

  private static boolean isPlatform(StackTraceElement frame) {
    return PLATFORM.stream().anyMatch(frame.getClassName()::startsWith);
  }

  private static int first(
      List<StackTraceElement> stack, int from, Predicate<StackTraceElement> wanted) {
    int at = from;
    while (at < stack.size() && !wanted.test(stack.get(at))) {
      at++;
    }
    return at;
  }
}
