package dev.asyncpatterns.demo;

import java.io.Console;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where prose is printed: a stream, and whether it takes colours.
 *
 * @param out the stream
 * @param colour whether to paint; never where {@code NO_COLOR} is set or the output is piped
 */
public record Terminal(PrintStream out, boolean colour) {

  /** How a piece of text is painted. */
  public enum Style {
    /** Bold. */
    BOLD("1"),
    /** Less bright than the rest. */
    DIM("2"),
    /** Red. */
    RED("31"),
    /** Green. */
    GREEN("32"),
    /** Yellow. */
    YELLOW("33");

    private final String code;

    Style(String code) {
      this.code = code;
    }
  }

  /**
   * Standard output, in UTF-8, painted when a person reads it.
   *
   * @return the terminal
   */
  public static Terminal stdout() {
    return new Terminal(utf8(System.out), coloursWanted());
  }

  /**
   * Standard error, in UTF-8, never painted: nothing tells whether it is piped.
   *
   * @return the terminal
   */
  public static Terminal stderr() {
    return new Terminal(utf8(System.err), false);
  }

  /**
   * A stream that is not a terminal.
   *
   * @param out the stream
   * @return a terminal without colours
   */
  public static Terminal plain(PrintStream out) {
    return new Terminal(out, false);
  }

  /**
   * Prints one line.
   *
   * @param text the line
   */
  public void line(String text) {
    out.println(text);
  }

  /**
   * Paints a text where colours are wanted.
   *
   * @param style the paint
   * @param text the text
   * @return the text, between escape codes when this terminal takes colours
   */
  public String paint(Style style, String text) {
    return colour ? "\u001b[" + style.code + "m" + text + "\u001b[0m" : text;
  }

  private static PrintStream utf8(PrintStream stream) {
    return new PrintStream(stream, true, StandardCharsets.UTF_8);
  }

  private static boolean coloursWanted() {
    String refused = System.getenv("NO_COLOR");
    return (refused == null || refused.isEmpty()) && isTerminal(System.console());
  }

  /** From Java 22 on there is a console even when piped, and it must be asked. */
  private static boolean isTerminal(@Nullable Console console) {
    if (console == null || Runtime.version().feature() < 22) {
      return console != null;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("Console.isTerminal is missing on this Java", e);
    }
  }
}
