package dev.asyncpatterns.testing;

import io.vertx.core.Vertx;
import io.vertx.junit5.ParameterClosingConsumer;
import io.vertx.junit5.ScopedObject;
import io.vertx.junit5.VertxExtension;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/**
 * Where {@code VertxExtension} is in use as well, puts our Vertx where it keeps its own, before it
 * looks there. JUnit asks every resolver whether it supports a parameter before any resolves one,
 * so this works in either order of registration.
 */
final class VertxExtensionBridge {
  private static final String VERTX_EXTENSION = "io.vertx.junit5.VertxExtension";

  private VertxExtensionBridge() {}

  /** Whether {@code VertxExtension} is registered for this test, by annotation or in a field. */
  static boolean present(ExtensionContext context) {
    Stream<Class<?>> classes =
        Stream.iterate(
                context.getTestClass(), Optional::isPresent, c -> c.map(Class::getEnclosingClass))
            .map(Optional::get);
    return context
            .getTestMethod()
            .map(m ->
                extendsWith(
                    AnnotationSupport.findRepeatableAnnotations(m, ExtendWith.class).stream()))
            .orElse(false)
        || classes.anyMatch(VertxExtensionBridge::onClass);
  }

  private static boolean onClass(Class<?> type) {
    return extendsWith(AnnotationSupport.findRepeatableAnnotations(type, ExtendWith.class).stream())
        || AnnotationSupport.findAnnotatedFields(
                type, RegisterExtension.class, f -> true, HierarchyTraversalMode.TOP_DOWN)
            .stream()
            .map(Field::getType)
            .anyMatch(t -> t.getName().equals(VERTX_EXTENSION));
  }

  private static boolean extendsWith(Stream<ExtendWith> annotations) {
    return annotations
        .flatMap(a -> Arrays.stream(a.value()))
        .anyMatch(extension -> extension.getName().equals(VERTX_EXTENSION));
  }

  /** Makes {@code VertxExtension} inject this Vertx; does nothing when it already does. */
  static void fill(ExtensionContext context, VirtualTime time) {
    Store store = context.getStore(Namespace.GLOBAL);
    Object held =
        store.getOrComputeIfAbsent(VertxExtension.VERTX_INSTANCE_KEY, key -> scoped(time));
    if (!(held instanceof ScopedObject<?> scoped) || scoped.get() != time.vertx()) {
      throw new ExtensionConfigurationException(
          "VertxExtension holds a Vertx on real time already, so VirtualTimeExtension cannot give"
              + " it one on virtual time: inject VirtualTime where the first Vertx is injected, or"
              + " leave VertxExtension away (VirtualTimeExtension injects Vertx and"
              + " VertxTestContext by itself)");
    }
  }

  // Vert.x 5.2 casts what it finds to ScopedObject, whose constructor is not public.
  private static Object scoped(VirtualTime time) {
    ParameterClosingConsumer<Vertx> close = vertx -> time.close();
    try {
      Constructor<?> constructor =
          ScopedObject.class.getDeclaredConstructor(Object.class, ParameterClosingConsumer.class);
      constructor.setAccessible(true);
      return constructor.newInstance(time.vertx(), close);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new ExtensionConfigurationException(
          "this version of vertx-junit5 does not let VirtualTimeExtension hand it a Vertx: leave"
              + " VertxExtension away, VirtualTimeExtension injects Vertx and VertxTestContext by"
              + " itself",
          e);
    }
  }
}
