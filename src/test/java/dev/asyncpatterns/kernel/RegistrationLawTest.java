package dev.asyncpatterns.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** A Vertx built without our service says so, and names the cure. */
class RegistrationLawTest {
  private static final String SERVICE = "META-INF/services/io.vertx.core.spi.VertxServiceProvider";

  /** Sees every class of the tests, and no such service file: a badly shaded jar. */
  private static final class Shaded extends URLClassLoader {
    Shaded() {
      super(classPath(), ClassLoader.getPlatformClassLoader());
    }

    private static URL[] classPath() {
      return Arrays.stream(System.getProperty("java.class.path").split(java.io.File.pathSeparator))
          .map(Shaded::url)
          .toArray(URL[]::new);
    }

    private static URL url(String entry) {
      try {
        return Path.of(entry).toUri().toURL();
      } catch (IOException e) {
        throw new IllegalArgumentException(entry, e);
      }
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      return name.equals(SERVICE) ? Collections.emptyEnumeration() : super.getResources(name);
    }

    @Override
    public Enumeration<URL> findResources(String name) throws IOException {
      return name.equals(SERVICE) ? Collections.emptyEnumeration() : super.findResources(name);
    }
  }

  /** Runs inside the other class loader. */
  public static final class Probe implements Callable<String> {
    @Override
    public String call() {
      Vertx vertx = Vertx.vertx();
      try {
        VertxKernel.of(vertx);
        return "nothing was missed";
      } catch (IllegalStateException e) {
        return String.valueOf(e.getMessage());
      } finally {
        Lab.get(vertx.close());
      }
    }
  }

  @Test
  void missingService_isNamedWithItsCure() throws Exception {
    String message = inside(new Shaded());
    assertTrue(message.contains("vertx-async-patterns was not registered"), message);
    assertTrue(message.contains(SERVICE), message);
    assertTrue(message.contains("dev.asyncpatterns.kernel.ScopeStorage"), message);
    assertTrue(message.contains("ServicesResourceTransformer"), message);
  }

  private static String inside(Shaded loader) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try (loader) {
      Object probe = loader.loadClass(Probe.class.getName()).getConstructor().newInstance();
      return (String) ((Callable<?>) probe).call();
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
