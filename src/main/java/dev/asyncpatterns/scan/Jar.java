package dev.asyncpatterns.scan;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Opens jars that may be hostile. The directory at the end of the file is weighed before the file
 * is opened, since opening reads all of it into memory.
 */
final class Jar {
  static final int MAX_ENTRIES = 200_000;
  static final int MAX_CLASS = 8 << 20;
  private static final long MAX_DIRECTORY = 24L << 20;
  private static final int END = 0x06054b50;
  private static final int END_SIZE = 22;
  private static final int END_64_LOCATOR = 0x07064b50;
  private static final int END_64 = 0x06064b50;
  private static final int LOCATOR_SIZE = 20;
  private static final int LONGEST_COMMENT = 0xFFFF;

  private Jar() {}

  static ZipFile open(Path path) throws IOException {
    weigh(path);
    try {
      ZipFile jar = new ZipFile(path.toFile());
      int entries = jar.size();
      if (entries > MAX_ENTRIES) {
        // The end of the file said another number.
        jar.close();
        throw tooMany(entries);
      }
      return jar;
    } catch (IllegalArgumentException e) {
      throw new IOException("not a jar: " + e.getMessage(), e);
    }
  }

  /** The content of an entry, never more than a class may have. */
  static byte[] read(ZipFile jar, ZipEntry entry) throws IOException {
    try (InputStream in = jar.getInputStream(entry)) {
      if (in == null) {
        throw new IOException("the entry cannot be read");
      }
      byte[] bytes = in.readNBytes(MAX_CLASS + 1);
      if (bytes.length > MAX_CLASS) {
        throw new IOException("more than " + MAX_CLASS + " bytes, which no class has");
      }
      return bytes;
    }
  }

  private static void weigh(Path path) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      int length = (int) Math.min(file.length(), END_SIZE + LONGEST_COMMENT + LOCATOR_SIZE);
      ByteBuffer tail = part(file, file.length() - length, length);
      int end = findEnd(tail);
      if (end < 0) {
        throw new IOException("not a jar, or the end of it is missing");
      }
      long entries = tail.getShort(end + 10) & 0xFFFF;
      long size = tail.getInt(end + 12) & 0xFFFFFFFFL;
      int locator = end - LOCATOR_SIZE;
      if (locator >= 0 && tail.getInt(locator) == END_64_LOCATOR) {
        long at = tail.getLong(locator + 8);
        if (at < 0 || at > file.length() - 56) {
          throw new IOException("not a jar: its directory lies outside of the file");
        }
        ByteBuffer end64 = part(file, at, 56);
        if (end64.getInt(0) == END_64) {
          entries = end64.getLong(32);
          size = end64.getLong(40);
        }
      }
      check(entries, size);
    }
  }

  private static void check(long entries, long size) throws IOException {
    if (entries < 0 || entries > MAX_ENTRIES) {
      throw tooMany(entries);
    }
    if (size < 0 || size > MAX_DIRECTORY) {
      throw new IOException("the directory of the jar has " + size + " bytes, which is too many");
    }
  }

  private static IOException tooMany(long entries) {
    return new IOException("a jar may have " + MAX_ENTRIES + " entries, this has " + entries);
  }

  private static int findEnd(ByteBuffer tail) {
    for (int i = tail.limit() - END_SIZE; i >= 0; i--) {
      if (tail.getInt(i) == END) {
        return i;
      }
    }
    return -1;
  }

  private static ByteBuffer part(RandomAccessFile file, long at, int length) throws IOException {
    byte[] bytes = new byte[length];
    file.seek(at);
    file.readFully(bytes);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
