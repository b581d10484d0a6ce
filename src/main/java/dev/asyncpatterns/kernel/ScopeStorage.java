package dev.asyncpatterns.kernel;

import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxBootstrap;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.spi.VertxServiceProvider;
import io.vertx.core.spi.context.storage.ContextLocal;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the current scope, and what the work inside it holds, on the duplicated context. Vert.x
 * loads this class as a service before it builds a Vertx, which reserves the slots in every
 * context.
 */
public final class ScopeStorage implements VertxServiceProvider {
  private static final ContextLocal<Scope> KEY =
      ContextLocal.registerLocal(Scope.class, UnaryOperator.identity());

  private static final ContextLocal<Hold> HOLDS =
      ContextLocal.registerLocal(Hold.class, UnaryOperator.identity());

  /** Called by the service loader. */
  public ScopeStorage() {}

  @Override
  public void init(VertxBootstrap bootstrap) {
    // Loading the class has registered the slot; there is nothing to configure.
  }

  /** Whether contexts of this Vertx have the slot; they lack it when the service was not found. */
  static void check(VertxInternal vertx) {
    if (!vertx.contextLocals().contains(KEY)) {
      throw new IllegalStateException(
          "vertx-async-patterns was not registered when this Vertx was built: "
              + "META-INF/services/io.vertx.core.spi.VertxServiceProvider does not name "
              + ScopeStorage.class.getName()
              + ". A shaded jar must merge service files (maven-shade-plugin:"
              + " ServicesResourceTransformer); a class loader must see ours before"
              + " Vertx.vertx() is called.");
    }
  }

  static @Nullable Scope get(ContextInternal context) {
    return KEY.get(context);
  }

  static void put(ContextInternal duplicate, @Nullable Scope scope) {
    KEY.put(duplicate, scope);
  }

  static @Nullable Hold holds(ContextInternal context) {
    return HOLDS.get(context);
  }

  static void putHolds(ContextInternal duplicate, Hold hold) {
    HOLDS.put(duplicate, hold);
  }
}
