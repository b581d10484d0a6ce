package dev.asyncpatterns.scan;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Hands every class file under some folders and jars to a reader, on as many threads as asked. */
final class ClassFiles {
  private static final String SUFFIX = ".class";
  private static final int BATCH = 64;

  /** What is kept of a class takes about so many times its file. */
  private static final int HEAP_PER_BYTE = 8;

  private final Reader reader;
  private final Collection<Problem> problems;
  private final ExecutorService pool;
  private final List<Future<?>> batches = new ArrayList<>();
  private final AtomicLong read = new AtomicLong();
  private final AtomicBoolean tooMuch = new AtomicBoolean();
  private final long mostBytes = Runtime.getRuntime().maxMemory() / HEAP_PER_BYTE;

  /** Takes a class file; called on several threads at a time. */
  interface Reader {
    void read(String place, int order, byte[] bytes);
  }

  private interface Content {
    byte[] bytes() throws IOException;
  }

  private record Item(String place, int order, Content content) {}

  private ClassFiles(Reader reader, Collection<Problem> problems, int threads) {
    this.reader = reader;
    this.problems = problems;
    pool = Executors.newFixedThreadPool(threads);
  }

  /** Reads all of it; what cannot be read is in the result. */
  static List<Problem> readAll(List<Path> paths, int threads, Reader reader) {
    ConcurrentLinkedQueue<Problem> problems = new ConcurrentLinkedQueue<>();
    ClassFiles files = new ClassFiles(reader, problems, threads);
    try {
      int order = 0;
      for (Path path : paths) {
        order = files.readPath(path, order);
      }
    } finally {
      files.pool.shutdownNow();
    }
    if (files.tooMuch.get()) {
      problems.add(files.tooMuch());
    }
    return problems.stream().sorted().toList();
  }

  private int readPath(Path path, int order) {
    try {
      if (Files.isDirectory(path)) {
        return readFolder(path, order);
      }
      return path.toString().endsWith(SUFFIX) ? readFile(path, order) : readJar(path, order);
    } catch (IOException e) {
      problems.add(new Problem(path.toString(), String.valueOf(e.getMessage())));
      return order;
    }
  }

  private int readFile(Path file, int order) {
    return submitAll(List.of(new Item(file.toString(), order, () -> bounded(file))));
  }

  private int readFolder(Path folder, int order) throws IOException {
    List<Item> items = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) walk.sorted()::iterator) {
        if (isWanted(folder.relativize(file).toString().replace('\\', '/'))
            && Files.isRegularFile(file)) {
          items.add(new Item(file.toString(), order + items.size(), () -> bounded(file)));
        }
      }
    } catch (UncheckedIOException e) {
      throw new IOException(e.getMessage(), e);
    }
    return found(folder, order, items);
  }

  private int readJar(Path path, int order) throws IOException {
    try (ZipFile jar = Jar.open(path)) {
      List<Item> items = new ArrayList<>();
      List<? extends ZipEntry> entries =
          jar.stream()
              .filter(entry -> isWanted(entry.getName()))
              .sorted(Comparator.comparing(ZipEntry::getName))
              .toList();
      for (ZipEntry entry : entries) {
        String place = path + "!" + entry.getName();
        int number = order + items.size();
        items.add(new Item(place, number, () -> Jar.read(jar, entry)));
      }
      return found(path, order, items);
    }
  }

  private int found(Path path, int order, List<Item> items) {
    if (items.isEmpty()) {
      problems.add(new Problem(path.toString(), "there is no class in it"));
      return order;
    }
    return submitAll(items);
  }

  private static byte[] bounded(Path file) throws IOException {
    if (Files.size(file) > Jar.MAX_CLASS) {
      throw new IOException("more than " + Jar.MAX_CLASS + " bytes, which no class has");
    }
    return Files.readAllBytes(file);
  }

  private static boolean isWanted(String name) {
    return name.endsWith(SUFFIX)
        && !name.startsWith("META-INF/versions/")
        && !name.endsWith("module-info.class")
        && !name.endsWith("package-info.class");
  }

  /** Reads these items on the pool and waits; gives the next order number. */
  private int submitAll(List<Item> items) {
    batches.clear();
    for (int from = 0; from < items.size(); from += BATCH) {
      List<Item> batch = items.subList(from, Math.min(items.size(), from + BATCH));
      batches.add(pool.submit(() -> batch.forEach(this::readOne)));
    }
    for (Future<?> batch : batches) {
      await(batch);
    }
    return items.get(items.size() - 1).order() + 1;
  }

  private void await(Future<?> batch) {
    try {
      batch.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while reading classes", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof OutOfMemoryError) {
        problems.add(
            new Problem("memory", "too small for so many classes; give java more by -Xmx"));
        return;
      }
      throw new IllegalStateException("a class could not be handled", e.getCause());
    }
  }

  private void readOne(Item item) {
    if (read.get() > mostBytes) {
      tooMuch.compareAndSet(false, true);
      return;
    }
    try {
      byte[] bytes = item.content().bytes();
      read.addAndGet(bytes.length);
      reader.read(item.place(), item.order(), bytes);
    } catch (IOException | SecurityException e) {
      problems.add(new Problem(item.place(), String.valueOf(e.getMessage())));
    }
  }

  private Problem tooMuch() {
    long megabytes = mostBytes >> 20;
    return new Problem(
        "memory",
        "only the first " + megabytes + " MB of classes were read; scan less, or raise -Xmx");
  }
}
