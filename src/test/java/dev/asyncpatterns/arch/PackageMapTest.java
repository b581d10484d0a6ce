package dev.asyncpatterns.arch;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds the table in the root package-info: imports go down, never up or round. */
class PackageMapTest {
  private static final String[] INTERNALS = {
    "io.vertx.core.internal..", "io.vertx.core.impl..", "io.netty.."
  };

  private static JavaClasses main;

  @BeforeAll
  static void readClasses() {
    main = PackageMap.mainClasses();
  }

  @Test
  void everyPackage_isOnTheMap() {
    Set<String> unknown = new TreeSet<>();
    for (JavaClass type : main) {
      String name = PackageMap.packageOf(type);
      if (!name.isEmpty() && !PackageMap.MAY_IMPORT.containsKey(name)) {
        unknown.add(type.getPackageName());
      }
    }
    assertEquals(Set.of(), unknown, "packages the map does not show");
    assertTrue(main.size() > 10, () -> "class files read: " + main.size());
  }

  @Test
  void imports_goDownOnly() {
    Set<String> wrong = new TreeSet<>();
    for (JavaClass type : main) {
      for (Dependency use : type.getDirectDependenciesFromSelf()) {
        if (isForbidden(PackageMap.packageOf(type), use.getTargetClass())) {
          wrong.add(type.getName() + " -> " + use.getTargetClass().getName());
        }
      }
    }
    assertEquals(Set.of(), wrong, "imports against the map");
  }

  private static boolean isForbidden(String from, JavaClass target) {
    if (!PackageMap.isOurs(target)) {
      return false;
    }
    String to = PackageMap.packageOf(target);
    boolean sharedWords = to.isEmpty();
    return !sharedWords
        && !to.equals(from)
        && !PackageMap.MAY_IMPORT.getOrDefault(from, Set.of()).contains(to);
  }

  @Test
  void vertxInternals_areImportedByKernelAndTestingOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackages(PackageMap.ROOT + ".kernel..", PackageMap.ROOT + ".testing..")
        .should()
        .dependOnClassesThat(resideInAnyPackage(INTERNALS))
        .check(main);
  }

  @Test
  void packages_haveNoCycles() {
    slices()
        .matching(PackageMap.ROOT + ".(*)..")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(main);
  }

  @Test
  void packageNames_sayWhatIsInside() {
    for (String vague : List.of("impl", "util", "common", "internal")) {
      noClasses().should().resideInAPackage(PackageMap.ROOT + ".." + vague + "..").check(main);
    }
  }
}
