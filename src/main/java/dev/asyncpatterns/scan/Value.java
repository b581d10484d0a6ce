package dev.asyncpatterns.scan;

import java.util.Arrays;

/**
 * A value on the stack or in a variable: the numbers of its origins in the method's list. Number 0
 * is the unknown origin.
 */
final class Value implements org.objectweb.asm.tree.analysis.Value {
  private static final int MOST = 8;
  private static final int[] ANY = {0};
  private static final int CACHED = 256;
  private static final Value[] NARROW = narrow();
  static final Value UNKNOWN = NARROW[0];
  static final Value UNKNOWN_WIDE = new Value(2, ANY);

  private final int size;
  private final int[] origins;

  private Value(int size, int[] origins) {
    this.size = size;
    this.origins = origins;
  }

  private static Value[] narrow() {
    Value[] narrow = new Value[CACHED];
    for (int i = 0; i < CACHED; i++) {
      narrow[i] = new Value(1, new int[] {i});
    }
    return narrow;
  }

  static Value of(int size, int origin) {
    if (size == 1 && origin < CACHED) {
      return NARROW[origin];
    }
    return new Value(size, new int[] {origin});
  }

  static Value unknown(int size) {
    return size == 2 ? UNKNOWN_WIDE : UNKNOWN;
  }

  int[] origins() {
    return origins;
  }

  boolean isOnly(int origin) {
    return origins.length == 1 && origins[0] == origin;
  }

  @Override
  public int getSize() {
    return size;
  }

  /** Both origins, or the unknown one when they are too many. */
  Value or(Value other) {
    if (this == other || Arrays.equals(origins, other.origins)) {
      return this;
    }
    int[] both = new int[origins.length + other.origins.length];
    System.arraycopy(origins, 0, both, 0, origins.length);
    int count = origins.length;
    for (int origin : other.origins) {
      if (Arrays.binarySearch(origins, origin) < 0) {
        both[count++] = origin;
      }
    }
    if (count == origins.length) {
      return this;
    }
    if (count > MOST) {
      return unknown(size);
    }
    int[] sorted = Arrays.copyOf(both, count);
    Arrays.sort(sorted);
    return new Value(size, sorted);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Value value
        && size == value.size
        && Arrays.equals(origins, value.origins);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(origins) * 31 + size;
  }
}
