package dev.asyncpatterns.scan;

import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Finds the blocking calls that an event loop can reach, and the futures that nobody listens to, in
 * compiled classes.
 *
 * <pre>{@code
 * Report report = Scanner.create(Scanner.Options.of(List.of(Path.of("target/classes")))).scan();
 * }</pre>
 *
 * <p>Semantics: every class of the paths is read, and of the class path what these lean on; nothing
 * is loaded or run. The report is the same for the same input, whatever the machine. Context: plain
 * blocking code for a command line, a build or a test; two threads read. Cancellation and timeouts:
 * none. Errors: what cannot be read is a {@link Problem} in the report, never an exception and
 * never silence. Cost: some hundred to a few thousand classes a second, 10 to 30 KB of heap for
 * each class.
 */
public final class Scanner {
  /** With so few supertypes found, the report would say little. */
  private static final double BLIND = 0.5;

  private static final int FEW = 10;

  private final Options options;

  /**
   * What to scan.
   *
   * @param paths folders, jars and class files to scan
   * @param classPath folders and jars of what they lean on
   * @param baseline what is known already
   * @param threads how many threads read classes, at least 1
   * @param today the day for permissions that end
   */
  public record Options(
      List<Path> paths, List<Path> classPath, Baseline baseline, int threads, LocalDate today) {
    /** Checks and copies. */
    public Options {
      paths = List.copyOf(paths);
      classPath = List.copyOf(classPath);
      if (paths.isEmpty()) {
        throw new IllegalArgumentException("paths must not be empty");
      }
      if (threads < 1) {
        throw new IllegalArgumentException("threads must be at least 1, was " + threads);
      }
    }

    /**
     * Scans some paths without class path and baseline.
     *
     * @param paths folders, jars and class files
     * @return the options
     */
    public static Options of(List<Path> paths) {
      return new Options(paths, List.of(), Baseline.empty(), 2, LocalDate.now(ZoneOffset.UTC));
    }

    /**
     * With other libraries.
     *
     * @param jars folders and jars of what the scanned classes lean on
     * @return a copy
     */
    public Options withClassPath(List<Path> jars) {
      return new Options(paths, jars, baseline, threads, today);
    }

    /**
     * With findings that are known.
     *
     * @param known what to leave out
     * @return a copy
     */
    public Options withBaseline(Baseline known) {
      return new Options(paths, classPath, known, threads, today);
    }

    /**
     * With another number of threads.
     *
     * @param count at least 1
     * @return a copy
     */
    public Options withThreads(int count) {
      return new Options(paths, classPath, baseline, count, today);
    }

    /**
     * With another day.
     *
     * @param day the day for permissions that end
     * @return a copy
     */
    public Options withToday(LocalDate day) {
      return new Options(paths, classPath, baseline, threads, day);
    }
  }

  private Scanner(Options options) {
    this.options = options;
  }

  /**
   * A scanner.
   *
   * @param options what to scan
   * @return a scanner, to be used once or often
   */
  public static Scanner create(Options options) {
    return new Scanner(options);
  }

  /** A class, and which of several of the same name it is. */
  private record Read(ClassModel type, int order) {}

  /**
   * Reads and judges everything.
   *
   * @return the report
   */
  public Report scan() {
    ConcurrentLinkedQueue<Problem> problems = new ConcurrentLinkedQueue<>();
    ConcurrentLinkedQueue<Read> read = new ConcurrentLinkedQueue<>();
    problems.addAll(
        ClassFiles.readAll(
            options.paths(),
            options.threads(),
            (place, order, bytes) -> {
              try {
                read.add(new Read(Extractor.extract(bytes), order));
              } catch (ClassShape.BrokenException e) {
                problems.add(new Problem(place, String.valueOf(e.getMessage())));
              }
            }));
    Collection<ClassModel> own = first(read);
    read.clear();
    try (Types types = new Types(options.classPath(), problems)) {
      own.forEach(type -> types.add(type.header));
      for (ClassModel type : own) {
        if (types.isCyclic(type.name)) {
          problems.add(new Problem(type.name.replace('/', '.'), "the class is above itself"));
        }
      }
      return judge(types, own, problems);
    }
  }

  /** Of classes with one name the first counts, as on a class path. */
  private static Collection<ClassModel> first(Collection<Read> read) {
    Map<String, Read> byName = new TreeMap<>();
    for (Read one : read) {
      byName.merge(one.type().name, one, (a, b) -> a.order() <= b.order() ? a : b);
    }
    return byName.values().stream().map(Read::type).toList();
  }

  private Report judge(Types types, Collection<ClassModel> own, Collection<Problem> problems) {
    Judgement judgement = Judgement.of(types, own, options.today());
    List<Finding> rest = options.baseline().remove(judgement.findings());
    List<String> notes = new ArrayList<>(judgement.notes());
    long lame = own.stream().filter(type -> isLame(types, type)).count();
    if (lame > 0) {
      notes.add(
          lame + " of " + own.size() + " classes extend types that are nowhere; give --classpath");
    }
    boolean blind = own.isEmpty() || (own.size() >= FEW && lame > own.size() * BLIND);
    int known = judgement.suppressed() + judgement.findings().size() - countOld(rest);
    return new Report(
        rest.stream().sorted().toList(),
        problems.stream().distinct().sorted().toList(),
        notes,
        own.size(),
        known,
        blind);
  }

  private static int countOld(List<Finding> rest) {
    return (int) rest.stream().filter(finding -> !finding.sink().equals("baseline entry")).count();
  }

  private static boolean isLame(Types types, ClassModel type) {
    return types.supers(type.name).stream().anyMatch(above -> types.header(above) == null);
  }
}
