package dev.asyncpatterns.testing;

import static java.util.Comparator.comparing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.EventSettings;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Recording;
import jdk.jfr.StackTrace;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/**
 * What the flight recorder of the JDK sees of event loops: sleeping, parking, waiting, locking,
 * reading and writing, and from JDK 25 on any call of some methods. It needs neither agent nor
 * flag.
 */
final class LoopEvents {
  static final String LOOP = "vert.x-eventloop-thread";

  /** Shorter parks are what a lock costs that is free again at once. */
  private static final Duration SHORTEST_PARK = Duration.ofNanos(100_000);

  private static final Duration SHORTEST_LOCK = Duration.ofMillis(10);

  /** So much of it the holder of a lock must have been blocked. */
  private static final Duration SHORTEST_HOLD = SHORTEST_LOCK.dividedBy(2);

  /** On the disk, between two tests that use a loop; what is older goes. */
  private static final long MOST_BYTES = 256L << 20;

  private static final String TRACE = "jdk.MethodTrace";

  private final Map<String, Incident.Kind> kinds = new HashMap<>();
  private final Recording recording = new Recording();
  private final Consumer<Incident> seen;
  private final Starts starts;
  private final Map<Long, Mark> marks = new ConcurrentHashMap<>();
  private final AtomicLong lastMark = new AtomicLong();
  private final Path file;

  /** Told of every thread that starts an event loop. */
  interface Starts {
    void started(long loop, long by, Instant when);
  }

  /** A moment, in the time of the flight recorder. */
  @Name("dev.asyncpatterns.Mark")
  @Label("No-blocking guard")
  @Category("Async Patterns")
  @StackTrace(false)
  static final class MarkEvent extends Event {
    @Label("Number")
    long number;
  }

  /** When a moment was, which is known after the next {@link #settle}. */
  static final class Mark {
    private volatile Instant at = Instant.MAX;

    /** By the clock of the flight recorder; far in the future as long as it is not known. */
    Instant at() {
      return at;
    }
  }

  private LoopEvents(Consumer<Incident> seen, Starts starts) throws IOException {
    this.seen = seen;
    this.starts = starts;
    file = Files.createTempFile("no-blocking", ".jfr");
  }

  /** Begins to record; takes some tenths of a second. */
  static LoopEvents start(Consumer<Incident> seen, Starts starts) {
    LoopEvents events = create(seen, starts);
    events.record("jdk.ThreadSleep", Duration.ZERO, Incident.Kind.SLEEP);
    events.record("jdk.ThreadPark", SHORTEST_PARK, Incident.Kind.WAIT);
    events.record("jdk.JavaMonitorWait", Duration.ZERO, Incident.Kind.WAIT);
    events.record("jdk.JavaMonitorEnter", SHORTEST_LOCK, Incident.Kind.LOCK);
    events.record("jdk.FileRead", Duration.ZERO, Incident.Kind.FILE);
    events.record("jdk.FileWrite", Duration.ZERO, Incident.Kind.FILE);
    events.record("jdk.FileForce", Duration.ZERO, Incident.Kind.FILE);
    events.record("jdk.SocketRead", Duration.ZERO, Incident.Kind.SOCKET);
    events.record("jdk.SocketWrite", Duration.ZERO, Incident.Kind.SOCKET);
    events.traceMethods();
    events.recording.enable("jdk.ThreadStart").withoutStackTrace();
    events.recording.enable(MarkEvent.class);
    events.recording.setMaxSize(MOST_BYTES);
    events.recording.start();
    return events;
  }

  private static LoopEvents create(Consumer<Incident> seen, Starts starts) {
    try {
      return new LoopEvents(seen, starts);
    } catch (IOException e) {
      throw new UncheckedIOException("there is no place for what the flight recorder sees", e);
    }
  }

  private EventSettings record(String type, Duration threshold, Incident.Kind kind) {
    kinds.put(type, kind);
    return recording.enable(type).withThreshold(threshold).withStackTrace();
  }

  private void traceMethods() {
    boolean canTrace =
        FlightRecorder.getFlightRecorder().getEventTypes().stream()
            .anyMatch(type -> type.getName().equals(TRACE));
    if (canTrace) {
      // A class that is loaded later would not be traced.
      CallRules.shipped().tracedTypes().forEach(LoopEvents::load);
      record(TRACE, Duration.ZERO, Incident.Kind.CALL).with("filter", CallRules.shipped().traces());
    }
  }

  private static void load(String type) {
    try {
      Class.forName(type);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("the JDK has no " + type, e);
    }
  }

  private void blocked(RecordedEvent event, Incident.Kind kind, List<StackTraceElement> stack) {
    RecordedThread thread = event.getThread();
    boolean isNameless =
        kind == Incident.Kind.FILE && event.hasField("path") && event.getString("path") == null;
    seen.accept(
        new Incident(
            thread.getJavaThreadId(),
            thread.getJavaName(),
            event.getStartTime(),
            0,
            event.getDuration().toNanos(),
            isNameless ? Incident.Kind.CONSOLE : kind,
            stack));
  }

  private static boolean isLoop(RecordedThread thread) {
    return thread != null && thread.getJavaName() != null && thread.getJavaName().startsWith(LOOP);
  }

  /** The stack of a traced call begins with its caller. */
  private static List<StackTraceElement> below(RecordedEvent event, List<StackTraceElement> stack) {
    RecordedMethod called = event.getValue("method");
    String type = called.getType().getName();
    List<StackTraceElement> all = new ArrayList<>();
    all.add(new StackTraceElement(type, called.getName(), file(type), -1));
    all.addAll(stack);
    return all;
  }

  private static List<StackTraceElement> stack(RecordedStackTrace trace) {
    List<StackTraceElement> stack = new ArrayList<>();
    for (RecordedFrame frame : trace.getFrames()) {
      String type = frame.getMethod().getType().getName();
      String name = frame.getMethod().getName();
      stack.add(new StackTraceElement(type, name, file(type), frame.getLineNumber()));
    }
    return stack;
  }

  /** The recorder does not tell; this is right for all that javac compiled. */
  private static String file(String type) {
    String name = type.substring(type.lastIndexOf('.') + 1);
    int inner = name.indexOf('$');
    return (inner > 0 ? name.substring(0, inner) : name) + ".java";
  }

  private void threadStarted(RecordedEvent event) {
    RecordedThread started = event.getValue("thread");
    RecordedThread by = event.getValue("parentThread");
    if (isLoop(started) && by != null) {
      starts.started(started.getJavaThreadId(), by.getJavaThreadId(), event.getStartTime());
    }
  }

  /** Marks this moment. */
  Mark mark() {
    MarkEvent event = new MarkEvent();
    event.number = lastMark.incrementAndGet();
    Mark mark = new Mark();
    marks.put(event.number, mark);
    event.commit();
    return mark;
  }

  /**
   * Tells all that happened so far and was not told yet, threads that started first. Reading what
   * was recorded up to now takes some milliseconds; to be told by the recorder itself may take a
   * second.
   */
  synchronized void settle() {
    try (Recording soFar = recording.copy(true);
        InputStream bytes = soFar.getStream(null, null)) {
      if (bytes == null) {
        return;
      }
      // Not dump(), which waits for the disk.
      Files.copy(bytes, file, StandardCopyOption.REPLACE_EXISTING);
      forget();
      tell(read());
    } catch (IOException e) {
      throw new UncheckedIOException("what the flight recorder saw cannot be read", e);
    }
  }

  /** Other threads may have read a million files meanwhile: no more is kept than can matter. */
  private List<RecordedEvent> read() throws IOException {
    List<RecordedEvent> kept = new ArrayList<>();
    try (RecordingFile events = new RecordingFile(file)) {
      while (events.hasMoreEvents()) {
        RecordedEvent event = events.readEvent();
        boolean blocks = kinds.containsKey(event.getEventType().getName());
        if (!blocks || isLoop(event.getThread()) || mayHoldALock(event)) {
          kept.add(event);
        }
      }
    }
    return kept;
  }

  private static boolean mayHoldALock(RecordedEvent event) {
    return event.getDuration().compareTo(SHORTEST_HOLD) >= 0;
  }

  /** What has been copied is kept no longer, so that nothing is told twice. */
  private void forget() {
    recording.setMaxAge(Duration.ofNanos(1));
    recording.setMaxAge(null);
  }

  private void tell(List<RecordedEvent> fresh) {
    of(fresh, "dev.asyncpatterns.Mark").forEach(this::marked);
    of(fresh, "jdk.ThreadStart")
        .sorted(comparing(RecordedEvent::getStartTime))
        .forEach(this::threadStarted);
    // Loops read and write at a few places all the time, mostly of nobody's: each is judged once.
    IdentityHashMap<RecordedStackTrace, List<StackTraceElement>> concerned =
        new IdentityHashMap<>();
    for (RecordedEvent event : fresh) {
      Incident.Kind kind = kinds.get(event.getEventType().getName());
      if (kind != null
          && isLoop(event.getThread())
          && event.getStackTrace() != null
          && !isInitialization(event)) {
        List<StackTraceElement> stack =
            concerned.computeIfAbsent(event.getStackTrace(), LoopEvents::concerned);
        if (!stack.isEmpty()) {
          boolean held = kind == Incident.Kind.LOCK && isHeld(event, fresh);
          boolean traced = event.hasField("method");
          blocked(event, held ? Incident.Kind.HELD : kind, traced ? below(event, stack) : stack);
        }
      }
    }
  }

  private static List<StackTraceElement> concerned(RecordedStackTrace trace) {
    List<StackTraceElement> stack = stack(trace);
    return CallRules.shipped().concerns(stack) ? stack : List.of();
  }

  /** Whether another thread initialises the class that is used: an array is what the JVM locks. */
  private static boolean isInitialization(RecordedEvent event) {
    return event.hasField("monitorClass")
        && event.getClass("monitorClass") != null
        && event.getClass("monitorClass").getName().equals("[I");
  }

  /**
   * Whether the thread that had the lock was blocked itself while it had it, and not just kept from
   * running by a busy machine. It may have given the lock up and wait for it again, or for work.
   */
  private boolean isHeld(RecordedEvent enter, List<RecordedEvent> events) {
    RecordedThread holder = enter.getValue("previousOwner");
    return holder != null
        && events.stream()
            .filter(event -> kinds.containsKey(event.getEventType().getName()))
            .filter(event -> event.getThread() != null)
            .filter(event -> event.getThread().getJavaThreadId() == holder.getJavaThreadId())
            .filter(event -> !isSameLock(event, enter))
            .filter(event -> !event.getEndTime().isAfter(enter.getEndTime()))
            .anyMatch(event -> overlap(enter, event).compareTo(SHORTEST_HOLD) >= 0);
  }

  private static boolean isSameLock(RecordedEvent event, RecordedEvent enter) {
    // That of a socket is a text, or missing.
    return event.hasField("address")
        && enter.<Object>getValue("address").equals(event.<Object>getValue("address"));
  }

  private static Duration overlap(RecordedEvent one, RecordedEvent other) {
    Instant from =
        one.getStartTime().isAfter(other.getStartTime())
            ? one.getStartTime()
            : other.getStartTime();
    Instant to =
        one.getEndTime().isBefore(other.getEndTime()) ? one.getEndTime() : other.getEndTime();
    return Duration.between(from, to);
  }

  private static Stream<RecordedEvent> of(List<RecordedEvent> events, String type) {
    return events.stream().filter(event -> event.getEventType().getName().equals(type));
  }

  private void marked(RecordedEvent event) {
    Mark mark = marks.remove(event.getLong("number"));
    if (mark != null) {
      mark.at = event.getStartTime();
    }
  }

  synchronized void close() {
    recording.close();
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException("what the flight recorder saw cannot be deleted", e);
    }
  }
}
