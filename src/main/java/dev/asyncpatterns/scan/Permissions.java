package dev.asyncpatterns.scan;

import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The annotations that permit blocking: which findings they take away, and which are stale. */
final class Permissions {
  private final LocalDate today;
  private final Set<MethodModel> all = new HashSet<>();
  private final Map<String, MethodModel> holders = new HashMap<>();
  private final Set<String> used = new HashSet<>();
  private final List<Finding> stale = new ArrayList<>();

  Permissions(Program program, LocalDate today) {
    this.today = today;
    for (MethodModel method : program.methods()) {
      Marks.Permission permission = permission(method);
      if (permission != null && all.add(method)) {
        holders.put(holder(method), method);
        if (isOver(permission)) {
          stale.add(stale(method, "expired on " + permission.until()));
        }
      }
    }
  }

  private static String holder(MethodModel method) {
    return method.marks.permission() != null ? method.toString() : method.type.name;
  }

  private static Marks.@Nullable Permission permission(MethodModel method) {
    Marks.Permission own = method.marks.permission();
    return own != null ? own : method.type.marks.permission();
  }

  private boolean isOver(Marks.Permission permission) {
    if (permission.until().isEmpty()) {
      return false;
    }
    try {
      return LocalDate.parse(permission.until()).isBefore(today);
    } catch (DateTimeParseException e) {
      return true;
    }
  }

  /** Whether this method, or the one a lambda stands in, may block; notes the use. */
  boolean permits(MethodModel method) {
    for (MethodModel at = method; at != null; at = maker(at)) {
      Marks.Permission permission = permission(at);
      if (permission != null && !isOver(permission)) {
        used.add(holder(at));
        return true;
      }
    }
    return false;
  }

  private static @Nullable MethodModel maker(MethodModel method) {
    return method.birth == null ? null : method.birth.maker();
  }

  /** The permissions that have expired or permit nothing. */
  List<Finding> stale() {
    List<Finding> found = new ArrayList<>(stale);
    holders.forEach((holder, method) -> {
      Marks.Permission permission = permission(method);
      if (!used.contains(holder) && permission != null && !isOver(permission)) {
        found.add(stale(method, "permits nothing"));
      }
    });
    return found;
  }

  private static Finding stale(MethodModel method, String what) {
    Rule rule = Rule.of("EL903");
    String name = Names.method(method);
    Finding.Hop hop =
        new Finding.Hop(Names.shown(method), Names.file(method.type), method.line, "", "");
    return new Finding(
        rule, rule.severity(), Confidence.HIGH, name, name, "@AllowBlocking " + what, List.of(hop));
  }
}
