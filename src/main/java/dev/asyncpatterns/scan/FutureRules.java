package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Type;

/** Futures that nobody listens to, and timeouts on futures that own something. */
final class FutureRules {
  private static final List<String[]> ORPHANS = Tables.read("orphans.txt", 3);
  private static final String VERTX = "io/vertx/";
  private static final Set<String> FUTURES =
      Set.of("io/vertx/core/Future", "io/vertx/core/CompositeFuture");
  private static final Set<String> OWNING =
      Set.of(
          "acquire",
          "lock",
          "getLock",
          "getLocalLock",
          "getLockWithTimeout",
          "getConnection",
          "connect",
          "open",
          "borrow",
          "take",
          "lease");

  private final Program program;
  private final Resolver resolver;
  private final Permissions permissions;
  private final List<Finding> found = new ArrayList<>();

  private FutureRules(Program program, Resolver resolver, Permissions permissions) {
    this.permissions = permissions;
    this.program = program;
    this.resolver = resolver;
  }

  static List<Finding> find(Program program, Resolver resolver, Permissions permissions) {
    FutureRules rules = new FutureRules(program, resolver, permissions);
    for (MethodModel method : program.methods()) {
      for (Call call : method.calls) {
        rules.orphan(method, call);
        rules.timeout(method, call);
      }
      method.lambdas.forEach(lambda -> rules.orphanReference(method, lambda));
      rules.heldLock(method);
    }
    return rules.found;
  }

  private static boolean isFuture(String desc) {
    Type type = Type.getReturnType(desc);
    return type.getSort() == Type.OBJECT && FUTURES.contains(type.getInternalName());
  }

  private void orphan(MethodModel method, Call call) {
    if (call.dropped() && isFuture(call.desc())) {
      orphan(method, call.owner(), call.name(), call.desc(), call.line());
    }
  }

  /** A reference to a method with a Future, where the interface takes no result. */
  private void orphanReference(MethodModel method, LambdaSite lambda) {
    MethodModel body = program.find(lambda.owner(), lambda.name() + lambda.desc());
    boolean isReference = body == null || body.birth == null;
    if (isReference && lambda.returnsNothing() && isFuture(lambda.desc())) {
      orphan(method, lambda.owner(), lambda.name(), lambda.desc(), lambda.line());
    }
  }

  private void orphan(MethodModel method, String owner, String name, String desc, int line) {
    Rule.Severity severity = severity(owner, name, desc);
    if (severity != null) {
      String what = owner.replace('/', '.') + "." + name + " dropped";
      add("EL501", severity, method, what, line, Confidence.HIGH);
    }
  }

  private Rule.@Nullable Severity severity(String owner, String name, String desc) {
    boolean isOwn = !owner.startsWith(VERTX) && program.find(owner, name + desc) != null;
    for (String[] row : ORPHANS) {
      boolean fits =
          Tables.fits(row[2], name)
              && program.types.supers(owner).stream().anyMatch(type -> Tables.fits(row[1], type));
      if (fits && !(isOwn && row[1].startsWith(VERTX))) {
        return row[0].equals("none")
            ? null
            : Rule.Severity.valueOf(row[0].toUpperCase(Locale.ROOT));
      }
    }
    return isOwn ? Rule.Severity.ERROR : Rule.Severity.WARN;
  }

  private void timeout(MethodModel method, Call call) {
    if (!call.owner().equals("io/vertx/core/Future") || !call.name().equals("timeout")) {
      return;
    }
    for (Resolver.Leaf leaf : resolver.resolve(method, call.args().get(0), false).leaves()) {
      Call owning =
          leaf.origin() instanceof Origin.Result result ? leaf.method().call(result.site()) : null;
      if (owning != null && OWNING.contains(owning.name())) {
        String what = Names.call(owning) + " under Future.timeout";
        add("EL505", Rule.Severity.WARN, method, what, call.line(), Confidence.HIGH);
      }
    }
  }

  /** A lock taken here and given back in a lambda made here. */
  private void heldLock(MethodModel method) {
    Set<Value> given = new HashSet<>();
    method.calls.stream()
        .filter(call -> isLock(call, "unlock"))
        .forEach(call -> given.add(call.args().get(0)));
    for (Call call : method.calls) {
      if (isLock(call, "lock") && !given.contains(call.args().get(0))) {
        for (int number : call.args().get(0).origins()) {
          Origin lock = method.origin(number);
          if (lock instanceof Origin.Field && isGivenBackLater(method, lock, 0)) {
            add(
                "EL203",
                Rule.Severity.WARN,
                method,
                Names.sink(call),
                call.line(),
                Confidence.HIGH);
          }
        }
      }
    }
  }

  private static boolean isLock(Call call, String name) {
    return call.name().equals(name) && call.owner().startsWith("java/util/concurrent/locks/");
  }

  private boolean isGivenBackLater(MethodModel method, Origin lock, int depth) {
    for (LambdaSite lambda : method.lambdas) {
      MethodModel body = program.find(lambda.owner(), lambda.name() + lambda.desc());
      if (body == null || body.birth == null || depth > 3) {
        continue;
      }
      boolean unlocks =
          body.calls.stream()
              .anyMatch(call ->
                  isLock(call, "unlock")
                      && java.util.Arrays.stream(call.args().get(0).origins())
                          .anyMatch(number -> body.origin(number).equals(lock)));
      if (unlocks || isGivenBackLater(body, lock, depth + 1)) {
        return true;
      }
    }
    return false;
  }

  private void add(
      String rule,
      Rule.Severity severity,
      MethodModel method,
      String what,
      int line,
      Confidence confidence) {
    if (permissions.permits(method)) {
      return;
    }
    String name = Names.method(method);
    Finding.Hop hop = new Finding.Hop(Names.shown(method), Names.file(method.type), line, "", "");
    found.add(new Finding(Rule.of(rule), severity, confidence, name, name, what, List.of(hop)));
  }
}
