package dev.asyncpatterns.scan;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the outline of a class file, checking every length on the way, because a reader that trusts
 * the lengths may allocate what a hostile file asks for, and may not notice that a file was cut.
 */
final class ClassShape {
  private static final int MAGIC = 0xCAFEBABE;
  private static final int OLDEST = 45;
  private static final int NEWEST = 80;
  private static final int UTF8 = 1;
  private static final int LONG = 5;
  private static final int DOUBLE = 6;
  private static final int CLASS = 7;
  private static final int ABSTRACT = 0x0400;
  private static final int STATIC = 0x0008;

  private final ByteBuffer in;
  private int[] at = {};

  private ClassShape(byte[] bytes) {
    in = ByteBuffer.wrap(bytes);
  }

  /** The file does not hold a class. */
  static final class BrokenException extends Exception {
    private static final long serialVersionUID = 1L;

    BrokenException(String message) {
      super(message);
    }
  }

  /** The outline of a class; throws when the file is cut, or is no class file. */
  static TypeHeader read(byte[] bytes) throws BrokenException {
    try {
      return new ClassShape(bytes).read();
    } catch (java.nio.BufferUnderflowException
        | IllegalArgumentException
        | IndexOutOfBoundsException e) {
      throw new BrokenException("not a whole class file (" + bytes.length + " bytes)");
    }
  }

  private TypeHeader read() throws BrokenException {
    if (in.remaining() < 4 || in.getInt() != MAGIC) {
      throw new BrokenException("not a class file");
    }
    in.getShort();
    int major = u2();
    if (major < OLDEST || major > NEWEST) {
      throw new BrokenException("class file version " + major + " is not known");
    }
    constants();
    final int access = u2();
    final String name = typeAt(u2());
    final String parent = typeAt(u2());
    List<String> interfaces = new ArrayList<>();
    for (int n = u2(); n > 0; n--) {
      String type = typeAt(u2());
      if (type != null) {
        interfaces.add(type);
      }
    }
    members(null);
    List<String> methods = new ArrayList<>();
    members(methods);
    attributes();
    if (in.hasRemaining()) {
      throw new BrokenException(in.remaining() + " bytes follow the class");
    }
    if (name == null) {
      throw new BrokenException("the class has no name");
    }
    return new TypeHeader(name, parent, List.copyOf(interfaces), access, List.copyOf(methods));
  }

  private void constants() throws BrokenException {
    int count = u2();
    at = new int[count];
    for (int i = 1; i < count; i++) {
      at[i] = in.position();
      int tag = in.get();
      skip(
          switch (tag) {
            case UTF8 -> u2();
            case CLASS, 8, 16, 19, 20 -> 2;
            case 15 -> 3;
            case 3, 4, 9, 10, 11, 12, 17, 18 -> 4;
            case LONG, DOUBLE -> 8;
            default -> throw new BrokenException("constant of the unknown kind " + tag);
          });
      if (tag == LONG || tag == DOUBLE) {
        i++;
      }
    }
  }

  /** Passes fields or methods; notes the abstract ones as name and descriptor. */
  private void members(@Nullable List<String> abstracts) {
    for (int n = u2(); n > 0; n--) {
      int access = u2();
      int name = u2();
      int descriptor = u2();
      if (abstracts != null) {
        String kind = (access & ABSTRACT) != 0 ? "a" : (access & STATIC) != 0 ? "s" : "c";
        abstracts.add(kind + utf8(name) + utf8(descriptor));
      }
      attributes();
    }
  }

  private void attributes() {
    for (int n = u2(); n > 0; n--) {
      u2();
      skip(in.getInt());
    }
  }

  private @Nullable String typeAt(int index) {
    if (index == 0) {
      return null;
    }
    int name = in.getShort(at[index] + 1) & 0xFFFF;
    return utf8(name).intern();
  }

  private String utf8(int index) {
    int length = in.getShort(at[index] + 1) & 0xFFFF;
    return new String(in.array(), at[index] + 3, length, StandardCharsets.UTF_8);
  }

  private int u2() {
    return in.getShort() & 0xFFFF;
  }

  private void skip(int length) {
    if (length < 0) {
      throw new IllegalArgumentException("negative length " + length);
    }
    in.position(in.position() + length);
  }
}
