package dev.asyncpatterns.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.module.ModuleDescriptor.Exports;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.reflect.Modifier;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The module descriptor says the same as the packages and META-INF/services do. */
class ModuleDescriptorTest {
  private static final String KERNEL = "dev.asyncpatterns.kernel";
  private static final String SERVICE = "io.vertx.core.spi.VertxServiceProvider";

  @Test
  void everyPackageWithPublicTypes_isExported_kernelToTestingOnly() throws Exception {
    Map<String, Set<String>> exported =
        MainJar.descriptor().exports().stream()
            .collect(Collectors.toMap(Exports::source, Exports::targets));
    assertEquals(
        packagesWithPublicTypes(), exported, "exports in src/main/module/module-info.java");
  }

  /** Package to the modules it must be open to, where none means all. */
  private static Map<String, Set<String>> packagesWithPublicTypes() throws Exception {
    Map<String, Set<String>> packages = new TreeMap<>();
    try (URLClassLoader bare = MainJar.bareLoader()) {
      for (String name : MainJar.classNames()) {
        Class<?> type = Class.forName(name, false, bare);
        if (Modifier.isPublic(type.getModifiers())) {
          boolean kernel = type.getPackageName().equals(KERNEL);
          packages.put(
              type.getPackageName(), kernel ? Set.of("dev.asyncpatterns.testing") : Set.of());
        }
      }
    }
    return packages;
  }

  @Test
  void mandatoryRequirements_areVertxCoreAndItsNetty() throws IOException {
    Set<String> mandatory =
        MainJar.descriptor().requires().stream()
            .filter(r -> !r.modifiers().contains(Requires.Modifier.STATIC))
            .map(Requires::name)
            .filter(name -> !name.startsWith("java."))
            .collect(Collectors.toSet());
    assertEquals(Set.of("io.vertx.core", "io.netty.common", "io.netty.transport"), mandatory);
  }

  @Test
  void provider_isTheOneInMetaInfServices() throws IOException {
    Set<String> provided =
        MainJar.descriptor().provides().stream()
            .filter(provides -> provides.service().equals(SERVICE))
            .flatMap(provides -> provides.providers().stream())
            .collect(Collectors.toSet());
    assertEquals(providersInMetaInfServices(), provided);
  }

  private static Set<String> providersInMetaInfServices() throws IOException {
    Path file = MainJar.classes().resolve("META-INF/services").resolve(SERVICE);
    if (!Files.exists(file)) {
      return Set.of();
    }
    return Files.readAllLines(file).stream()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .collect(Collectors.toSet());
  }
}
