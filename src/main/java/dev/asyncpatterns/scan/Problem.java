package dev.asyncpatterns.scan;

/**
 * Something that could not be read, so that the scan says nothing about it.
 *
 * @param where the file, the entry of a jar, or the class
 * @param what what is wrong with it
 */
public record Problem(String where, String what) implements Comparable<Problem> {

  @Override
  public int compareTo(Problem other) {
    int byPlace = where.compareTo(other.where);
    return byPlace != 0 ? byPlace : what.compareTo(other.what);
  }

  @Override
  public String toString() {
    return where + ": " + what;
  }
}
