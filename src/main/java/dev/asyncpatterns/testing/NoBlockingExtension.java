package dev.asyncpatterns.testing;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * What stands behind {@link NoBlocking}. Registered for all tests of a project, by JUnit's
 * automatic detection of extensions, it watches those without the annotation as well, by the limit
 * of the configuration parameter {@code asyncpatterns.no-blocking.maxLoopMillis}.
 */
public final class NoBlockingExtension implements BeforeAllCallback, BeforeEachCallback {
  private static final Namespace OURS = Namespace.create(NoBlockingExtension.class);
  private static final String DEFAULT = "asyncpatterns.no-blocking.maxLoopMillis";
  private static final int DEFAULT_MILLIS = 50;

  /** Used by JUnit. */
  public NoBlockingExtension() {}

  @Override
  public void beforeAll(ExtensionContext context) {
    open(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    open(context);
  }

  private static void open(ExtensionContext context) {
    context.getRoot().getStore(OURS).getOrComputeIfAbsent(Use.class, key -> new Use(), Use.class);
    Optional<NoBlocking> settings = settings(context);
    if (settings.isPresent() && !settings.get().off().isEmpty()) {
      // What is permitted here must not be held against the class around it.
      put(context, new Scoped(window(context, Integer.MAX_VALUE), false));
      return;
    }
    int millis = settings.map(NoBlocking::maxLoopMillis).orElseGet(() -> defaultMillis(context));
    if (millis < 1) {
      throw new ExtensionConfigurationException("maxLoopMillis must be at least 1, was " + millis);
    }
    put(context, new Scoped(window(context, millis), true));
  }

  private static int defaultMillis(ExtensionContext context) {
    return context.getConfigurationParameter(DEFAULT, Integer::valueOf).orElse(DEFAULT_MILLIS);
  }

  private static LoopWindow window(ExtensionContext context, int millis) {
    Use use = context.getRoot().getStore(OURS).get(Use.class, Use.class);
    return use.watch().open(context.getDisplayName(), around(context), millis);
  }

  private static @Nullable LoopWindow around(ExtensionContext context) {
    Scoped scoped = context.getStore(OURS).get(LoopWindow.class, Scoped.class);
    return scoped == null ? null : scoped.window();
  }

  private static void put(ExtensionContext context, Scoped scoped) {
    context.getStore(OURS).put(LoopWindow.class, scoped);
  }

  private static Optional<NoBlocking> settings(ExtensionContext context) {
    Optional<ExtensionContext> at = Optional.of(context);
    while (at.isPresent()) {
      Optional<NoBlocking> found =
          at.get()
              .getElement()
              .flatMap(element -> AnnotationSupport.findAnnotation(element, NoBlocking.class));
      if (found.isPresent()) {
        return found;
      }
      at = at.get().getParent();
    }
    return Optional.empty();
  }

  private static AssertionError error(List<BlockedCall> calls) {
    String lines = calls.stream().map(call -> "\n  " + call).collect(Collectors.joining());
    String what = calls.size() == 1 ? "a call" : calls.size() + " calls";
    AssertionError error =
        error("an event loop was blocked by " + what + ":" + lines, calls.get(0));
    for (BlockedCall call : calls.subList(1, calls.size())) {
      error.addSuppressed(error(call.toString(), call));
    }
    return error;
  }

  private static AssertionError error(String message, BlockedCall call) {
    AssertionError error = new AssertionError(message);
    error.setStackTrace(call.stack().toArray(StackTraceElement[]::new));
    return error;
  }

  // JUnit closes what its store holds when all of the test is over, also VertxExtension's part:
  // that
  // of a Vertx that was put there later comes first. It takes the first of these types before 5.13,
  // which it has deprecated since for the second.
  @SuppressWarnings("deprecation")
  private record Scoped(LoopWindow window, boolean isOn)
      implements Store.CloseableResource, AutoCloseable {
    @Override
    public void close() {
      window.close();
      List<BlockedCall> calls = window.taken();
      if (isOn && !calls.isEmpty()) {
        throw error(calls);
      }
    }
  }

  /** As long as there are tests, so that the recorder starts once. */
  @SuppressWarnings("deprecation")
  private static final class Use implements Store.CloseableResource, AutoCloseable {
    private final LoopWatch watch = LoopWatch.use();

    LoopWatch watch() {
      return watch;
    }

    @Override
    public void close() {
      LoopWatch.release();
    }
  }
}
