package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the scan keeps of a class that it reads. */
final class ClassModel {
  final String name;
  final TypeHeader header;
  final String source;
  final Marks marks;

  final Map<String, MethodModel> methods = new LinkedHashMap<>();

  /** The classes and interfaces scanned that extend this one, directly. */
  final List<ClassModel> children = new ArrayList<>();

  /** Whether code that was scanned makes an object of this class, or names it. */
  boolean made;

  ClassModel(TypeHeader header, String source, Marks marks) {
    this.name = header.name();
    this.header = header;
    this.source = source;
    this.marks = marks;
  }

  boolean hasChildren() {
    return !children.isEmpty();
  }

  boolean isConcrete() {
    return (header.access() & 0x0600) == 0;
  }

  @Override
  public String toString() {
    return name;
  }
}
