package dev.asyncpatterns.testing;

import dev.asyncpatterns.observe.AllowBlocking;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Executable;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The {@link AllowBlocking} annotations on the methods of a stack. */
final class Permissions {
  private static final String LAMBDA = "lambda$";

  private Permissions() {}

  static boolean cover(List<StackTraceElement> stack) {
    return stack.stream().anyMatch(Permissions::covers);
  }

  private static boolean covers(StackTraceElement frame) {
    Class<?> type = type(frame.getClassName());
    if (type == null) {
      return false;
    }
    if (permits(type)) {
      return true;
    }
    String name = maker(frame.getMethodName());
    Stream<Executable> members =
        name.equals("<init>")
            ? Arrays.stream(type.getDeclaredConstructors())
            : Arrays.stream(type.getDeclaredMethods());
    return members.anyMatch(
        member -> (name.equals("<init>") || member.getName().equals(name)) && permits(member));
  }

  /** Of a lambda, the method it stands in. */
  private static String maker(String method) {
    int end = method.indexOf('$', LAMBDA.length());
    return method.startsWith(LAMBDA) && end > 0 ? method.substring(LAMBDA.length(), end) : method;
  }

  private static boolean permits(AnnotatedElement element) {
    AllowBlocking permission = element.getAnnotation(AllowBlocking.class);
    return permission != null
        && (permission.until().isEmpty()
            || !LocalDate.parse(permission.until()).isBefore(LocalDate.now(ZoneOffset.UTC)));
  }

  // A class of a loader that nobody here knows has no permission that could be read.
  private static @Nullable Class<?> type(String name) {
    if (name.startsWith("java.") || name.startsWith("jdk.")) {
      return null;
    }
    try {
      return Class.forName(name, false, Thread.currentThread().getContextClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      return null;
    }
  }
}
