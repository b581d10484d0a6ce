package dev.asyncpatterns.scan;

/** Where a value may come from, within one method. A site is the index of an instruction. */
sealed interface Origin {

  /** Anything. */
  record Unknown() implements Origin {}

  /** A parameter, or {@code this} as number 0 of a method of an object. */
  record Param(int index) implements Origin {}

  /** A new object of exactly this type. */
  record New(String type, int site) implements Origin {}

  /** A lambda or a method reference, made at a site. */
  record Lambda(int site) implements Origin {}

  /** A constant: a number, a string, a class as its internal name, or null as its own class. */
  record Const(Object value) implements Origin {}

  /** A class literal. */
  record ClassName(String type) implements Origin {}

  /** The content of a field. */
  record Field(String owner, String name) implements Origin {}

  /** What a call gave. */
  record Result(int site) implements Origin {}
}
