package dev.asyncpatterns.testing;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.lang.reflect.Method;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * Injects {@link VirtualTime}, and its {@code Vertx}, into JUnit 5 tests.
 *
 * <pre>{@code
 * @ExtendWith(VirtualTimeExtension.class)
 * class ReminderTest {
 *   @Test
 *   void reminderIsSent_afterADay(VirtualTime time, Vertx vertx) {
 *     Future<String> reminder = vertx.timer(1, TimeUnit.DAYS).map("sent");
 *     assertEquals("sent", time.await(reminder));
 *   }
 * }
 * }</pre>
 *
 * <p><b>Semantics.</b> One virtual time per test, closed after it; one that is first asked for in a
 * constructor or a {@code @BeforeAll} method is shared by the class and closed after it. {@link
 * VirtualTime#autoAdvance} is on: while the test's thread waits, time jumps from timer to timer. A
 * {@code VertxTestContext} works as with {@code VertxExtension}, and fails at once when nothing is
 * left that could complete it.
 *
 * <p>Beside {@code VertxExtension}, in either order, that one injects {@code Vertx} and {@code
 * VertxTestContext}, and its Vertx is the one on virtual time. It is seen when it is registered by
 * {@code @ExtendWith} or {@code @RegisterExtension} on the class, a class around it or the method;
 * registered in another way, JUnit reports two resolvers for one parameter.
 *
 * <p><b>Context.</b> Tests run on JUnit's thread, as {@link VirtualTime} wants it.
 *
 * <p><b>Cancellation and timeouts.</b> JUnit's own timeouts count real time.
 *
 * <p><b>Errors.</b> A Vertx that {@code VertxExtension} made on real time, before any virtual one
 * was asked for, is an {@code ExtensionConfigurationException} that says so.
 *
 * <p><b>Cost.</b> Some milliseconds per test, for a Vertx of its own.
 */
public final class VirtualTimeExtension implements ParameterResolver, InvocationInterceptor {
  private static final Namespace OURS = Namespace.create(VirtualTimeExtension.class);
  private static final String TEST_CONTEXT = "io.vertx.junit5.VertxTestContext";

  private final Supplier<VertxOptions> options;

  /** Used by JUnit: a Vertx with one event loop. */
  public VirtualTimeExtension() {
    this(() -> new VertxOptions().setEventLoopPoolSize(1));
  }

  private VirtualTimeExtension(Supplier<VertxOptions> options) {
    this.options = options;
  }

  /**
   * For a {@code @RegisterExtension} field: every Vertx is made from these options, as {@link
   * VirtualTime#create(VertxOptions)} does.
   */
  public static VirtualTimeExtension create(Supplier<VertxOptions> options) {
    return new VirtualTimeExtension(Objects.requireNonNull(options, "options"));
  }

  /** The virtual time this test was given, if any: for extensions that look at it afterwards. */
  public static Optional<VirtualTime> current(ExtensionContext context) {
    return Optional.ofNullable(context.getStore(OURS).get(VirtualTime.class, Scoped.class))
        .map(Scoped::time);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    boolean vertx = type == Vertx.class;
    boolean ours = type == VirtualTime.class;
    if (!ours && !vertx && !type.getName().equals(TEST_CONTEXT)) {
      return false;
    }
    if (!VertxExtensionBridge.present(context)) {
      return true;
    }
    if (ours || vertx) {
      VertxExtensionBridge.fill(context, time(context));
    }
    return ours;
  }

  @Override
  public @Nullable Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    VirtualTime time = time(context);
    if (type == VirtualTime.class) {
      return time;
    }
    return type == Vertx.class ? time.vertx() : contexts(context).create();
  }

  private VirtualTime time(ExtensionContext context) {
    return context
        .getStore(OURS)
        .getOrComputeIfAbsent(
            VirtualTime.class,
            key -> new Scoped(VirtualTime.create(options.get()).autoAdvance(true)),
            Scoped.class)
        .time();
  }

  private static TestContexts contexts(ExtensionContext context) {
    return context.getStore(OURS).getOrComputeIfAbsent(TestContexts.class);
  }

  @Override
  public void interceptBeforeAllMethod(
      Invocation<Void> call, ReflectiveInvocationContext<Method> of, ExtensionContext context)
      throws Throwable {
    proceed(call, context);
  }

  @Override
  public void interceptBeforeEachMethod(
      Invocation<Void> call, ReflectiveInvocationContext<Method> of, ExtensionContext context)
      throws Throwable {
    proceed(call, context);
  }

  @Override
  public void interceptTestMethod(
      Invocation<Void> call, ReflectiveInvocationContext<Method> of, ExtensionContext context)
      throws Throwable {
    proceed(call, context);
  }

  @Override
  public void interceptTestTemplateMethod(
      Invocation<Void> call, ReflectiveInvocationContext<Method> of, ExtensionContext context)
      throws Throwable {
    proceed(call, context);
  }

  @Override
  public void interceptAfterEachMethod(
      Invocation<Void> call, ReflectiveInvocationContext<Method> of, ExtensionContext context)
      throws Throwable {
    proceed(call, context);
  }

  @Override
  public void interceptAfterAllMethod(
      Invocation<Void> call, ReflectiveInvocationContext<Method> of, ExtensionContext context)
      throws Throwable {
    proceed(call, context);
  }

  private void proceed(Invocation<Void> call, ExtensionContext context) throws Throwable {
    // With a JUnit timeout the method may run on a thread other than the one that made the clock.
    current(context).ifPresent(VirtualTime::followCurrentThread);
    call.proceed();
    if (context.getStore(OURS).get(TestContexts.class) != null) {
      contexts(context).join(time(context));
    }
  }

  // JUnit closes what its store holds when the test, or the class, is over: before 5.13 only what
  // has
  // the first of these types, which it has deprecated since for the second.
  @SuppressWarnings("deprecation")
  private record Scoped(VirtualTime time) implements Store.CloseableResource, AutoCloseable {
    @Override
    public void close() {
      time.close();
    }
  }
}
