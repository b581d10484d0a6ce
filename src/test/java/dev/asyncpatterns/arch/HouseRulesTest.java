package dev.asyncpatterns.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** House rules that a class file can show. */
class HouseRulesTest {
  private static final String NULL_MARKED = "org.jspecify.annotations.NullMarked";

  private static JavaClasses main;

  @BeforeAll
  static void readClasses() {
    main = PackageMap.mainClasses();
  }

  @Test
  void everyPackage_isNullMarked() {
    Set<String> unmarked = new TreeSet<>();
    for (JavaClass type : main) {
      JavaPackage home = type.getPackage();
      if (home.tryGetPackageInfo().isEmpty() || !home.isAnnotatedWith(NULL_MARKED)) {
        unmarked.add(home.getName());
      }
    }
    assertEquals(Set.of(), unmarked, "packages without @NullMarked package-info");
  }

  @Test
  void publicTypesOfTheMainJar_cannotBeExtended() {
    Set<String> open = new TreeSet<>();
    for (JavaClass type : main) {
      if (isPublicApi(type) && !isClosed(type)) {
        open.add(type.getName());
      }
    }
    assertEquals(Set.of(), open, "public classes that are not final");
  }

  private static boolean isPublicApi(JavaClass type) {
    String home = PackageMap.packageOf(type);
    return PackageMap.isInMainJar(home)
        && !home.equals("kernel")
        && type.getModifiers().contains(JavaModifier.PUBLIC)
        && !type.getSimpleName().equals("package-info");
  }

  private static boolean isClosed(JavaClass type) {
    return type.isInterface()
        || type.isEnum()
        || type.getModifiers().contains(JavaModifier.FINAL)
        || type.reflect().isSealed();
  }

  @Test
  void wallClock_isNotUsedByTheLibrary() {
    noClasses()
        .that(areInTheMainJar())
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .because("waiting goes by the monotonic clock of the event loop")
        .allowEmptyShould(true)
        .check(main);
  }

  @Test
  void threads_areNotStartedByTheLibrary() {
    noClasses()
        .that(areInTheMainJar())
        .should()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(Thread.class, "start")
        .because("the library never blocks and has no thread of its own")
        .allowEmptyShould(true)
        .check(main);
  }

  @Test
  void tests_neverSleep() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.asyncpatterns.testing.BlockingOperations")
        .should()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(Thread.class, "sleep", java.time.Duration.class)
        .because("a test waits for an event or moves virtual time")
        .check(PackageMap.testClasses());
  }

  private static DescribedPredicate<JavaClass> areInTheMainJar() {
    return DescribedPredicate.describe(
        "are in the main jar", type -> PackageMap.isInMainJar(PackageMap.packageOf(type)));
  }
}
