package dev.asyncpatterns.observe;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Permits a method, or all of a class, to block an event loop: {@code ./run.sh scan} says nothing
 * about ways through it.
 *
 * <pre>{@code
 * @AllowBlocking(reason = "read once, before the server listens", until = "2027-06-30")
 * private Config readConfig() { ... }
 * }</pre>
 *
 * <p>Semantics: it holds for the whole way below the method, lambdas included. A permission that
 * permits nothing any more, or whose day has passed, is itself a finding (EL903). The test guard
 * {@code NoBlocking} goes by it as well. The scanner goes by the simple name, so any annotation
 * called {@code AllowBlocking} will do where this library is no dependency.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.CONSTRUCTOR, ElementType.TYPE})
public @interface AllowBlocking {
  /**
   * Why this may block.
   *
   * @return a sentence
   */
  String reason();

  /**
   * The last day of the permission.
   *
   * @return a date such as {@code 2027-06-30}; empty for no end
   */
  String until() default "";
}
