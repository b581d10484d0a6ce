package dev.asyncpatterns.demo;

import dev.asyncpatterns.demo.Terminal.Style;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a demo tells while it runs, and the checks that decide its verdict.
 *
 * <p>Lines are printed at once with the time since the story began and the thread that told them,
 * {@code +0123 ms [eventloop-0] Problem text}. Texts with arguments are {@link String#format
 * formats}. What comes after the story has ended, or was cut because the JVM is to end, is dropped.
 *
 * <p>Context: every method may be called on any thread and none blocks.
 */
public final class Story {
  private final Terminal terminal;
  private final long began = System.nanoTime();
  private final Map<String, Object> measured = new LinkedHashMap<>();
  private final List<String> failedChecks = new ArrayList<>();
  private final List<String> errors = new ArrayList<>();
  private int checks;
  private boolean checksAllowed;
  private boolean ended;
  private boolean cut;
  private String notReproduced = "";
  private String skipped = "";
  private String lastLine = "nothing said yet";

  /** Ends a story as skipped. */
  static final class SkipException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SkipException(String reason) {
      super(reason, null, false, false);
    }
  }

  Story(Terminal terminal) {
    this.terminal = terminal;
  }

  /**
   * Says what the wrong way costs.
   *
   * @param text the text
   * @param args its arguments
   */
  public void problem(String text, Object... args) {
    say("Problem", text, args);
  }

  /**
   * Says what the right way gives.
   *
   * @param text the text
   * @param args its arguments
   */
  public void fix(String text, Object... args) {
    say("Fix", text, args);
  }

  /**
   * Says the numbers that prove it.
   *
   * @param text the text
   * @param args its arguments
   */
  public void proof(String text, Object... args) {
    say("Proof", text, args);
  }

  /**
   * Says a line.
   *
   * @param label what the line is, at most eight letters
   * @param text the text
   * @param args its arguments
   */
  public void say(String label, String text, Object... args) {
    String words = args.length == 0 ? text : String.format(Locale.ROOT, text, args);
    String thread = shortName(Thread.currentThread().getName());
    synchronized (this) {
      if (!ended && !cut) {
        lastLine = label + " " + words;
        String head = String.format(Locale.ROOT, "+%04d ms [%s]", millis(), thread);
        terminal.line(
            terminal.paint(Style.DIM, head)
                + " "
                + terminal.paint(style(label), String.format(Locale.ROOT, "%-8s", label))
                + " "
                + words);
      }
    }
  }

  /**
   * Says that the wrong way did no harm, because the platform has mended it. It does not touch the
   * verdict.
   *
   * @param text what was expected and what was seen
   * @param args its arguments
   */
  public void notReproduced(String text, Object... args) {
    String words = args.length == 0 ? text : String.format(Locale.ROOT, text, args);
    synchronized (this) {
      notReproduced = words;
    }
    say("Problem", "NOT REPRODUCED: " + words.replace("%", "%%"));
  }

  /**
   * Checks a claim about the fix. The verdict is decided by these alone; a story with none fails.
   *
   * @param claim what must hold, as a sentence
   * @param holds whether it does
   * @throws IllegalStateException when called before the fix has begun
   */
  public void check(String claim, boolean holds) {
    check(claim, holds, null);
  }

  /**
   * Checks a claim about the fix, and tells the value that was seen when it does not hold.
   *
   * @param claim what must hold, as a sentence
   * @param holds whether it does
   * @param was the value seen
   * @throws IllegalStateException when called before the fix has begun
   */
  public void check(String claim, boolean holds, @Nullable Object was) {
    String said = was == null ? claim : claim + ", was " + was;
    synchronized (this) {
      if (!checksAllowed) {
        throw new IllegalStateException("Checks are about the fix, not the problem: " + claim);
      }
      checks++;
      if (holds || ended) {
        return;
      }
      failedChecks.add(said);
    }
    say("Check", "FAILED: " + said);
  }

  /**
   * Hands a number to whoever reads the story as JSON.
   *
   * @param key its name, in camel case and with its unit: {@code callerFailedMillis}
   * @param value a number, text or boolean
   */
  public void measured(String key, Object value) {
    if (!(value instanceof Number || value instanceof String || value instanceof Boolean)) {
      throw new IllegalArgumentException(
          key + " must be a number, text or boolean, was " + value.getClass().getName());
    }
    synchronized (this) {
      measured.put(key, value);
    }
  }

  /**
   * Ends the story as skipped, when it is thrown or fails the future of a step: {@code throw
   * story.skip("needs Java 21")}. Only for a Java version or a tool that is really absent.
   *
   * @param reason what is absent
   * @return the exception to throw
   */
  public RuntimeException skip(String reason) {
    return new SkipException(reason);
  }

  /**
   * The story's clock.
   *
   * @return whole milliseconds since the story began
   */
  public long millis() {
    return (System.nanoTime() - began) / 1_000_000;
  }

  /** The fix begins, or the wrong way in its place. */
  void allowChecks(boolean sabotaged) {
    synchronized (this) {
      checksAllowed = true;
    }
    if (sabotaged) {
      say("Sabotage", "the wrong way runs in the fix's place and must fail its checks");
    }
  }

  /** Notes why a step ended early: a skip, or an error, which fails the story. */
  synchronized void endedBy(String step, Throwable cause) {
    if (cause instanceof SkipException) {
      skipped = Objects.requireNonNullElse(cause.getMessage(), "no reason given");
    } else {
      errors.add(step + " failed with " + cause);
    }
  }

  /** Says nothing more: somebody wants the demo to stop, so what follows is not its doing. */
  synchronized void cut() {
    cut = true;
  }

  synchronized boolean isCut() {
    return cut;
  }

  /** Notes that the story did not end by itself. */
  synchronized void gaveUp(String why) {
    errors.add(why + "; last line: " + lastLine);
  }

  /** Judges the story and ends it. */
  Demo.Result end(String id, Demo.BlockedWarnings warnings) {
    List<String> faults = faults(warnings.fix());
    Demo.Verdict verdict = verdict(faults);
    String reason =
        switch (verdict) {
          case FAIL -> String.join("; ", faults);
          case SKIP -> skipped;
          case PASS -> checks + (checks == 1 ? " check held" : " checks held") + mended();
        };
    if (verdict != Demo.Verdict.PASS) {
      say(verdict == Demo.Verdict.SKIP ? "Skipped" : "Because", reason);
    }
    synchronized (this) {
      ended = true;
      return new Demo.Result(id, verdict, reason, millis(), measured, warnings, failedChecks);
    }
  }

  private String mended() {
    return notReproduced.isEmpty() ? "" : "; problem NOT REPRODUCED: " + notReproduced;
  }

  private Demo.Verdict verdict(List<String> faults) {
    if (!skipped.isEmpty() && errors.isEmpty() && failedChecks.isEmpty()) {
      return Demo.Verdict.SKIP;
    }
    return faults.isEmpty() ? Demo.Verdict.PASS : Demo.Verdict.FAIL;
  }

  private synchronized List<String> faults(long fixWarnings) {
    List<String> faults = new ArrayList<>(errors);
    failedChecks.forEach(claim -> faults.add("check failed: " + claim));
    if (faults.isEmpty() && checks == 0) {
      faults.add("not one check was made on the fix");
    }
    if (fixWarnings > 0) {
      faults.add("the fix blocked a thread: " + fixWarnings + " warnings, 0 allowed");
    }
    return faults;
  }

  private static Style style(String label) {
    return Arrays.asList("Problem", "Check", "Because").contains(label) ? Style.RED : Style.BOLD;
  }

  /** {@code vert.x-eventloop-thread-0} is long for a line; {@code eventloop-0} says the same. */
  private static String shortName(String thread) {
    return thread.replaceFirst("^vert\\.x-", "").replaceFirst("-thread-", "-");
  }
}
