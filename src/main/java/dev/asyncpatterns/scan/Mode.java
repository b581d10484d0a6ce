package dev.asyncpatterns.scan;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** How a function handed to a call is run: what becomes of the place of its caller. */
enum Mode {
  /** By the caller, before the call returns. */
  SYNC,
  /** Possibly by the caller; nothing is known about this library. */
  MAYBE,
  /** On a worker thread of the caller's context. */
  BLOCK,
  /** On a worker thread of an event-loop context, whatever the caller was. */
  OFFLOAD,
  /** As a callback, on the context of the caller. */
  CTX,
  /** As a callback of a server, a timer or the bus: on the context of the caller, certainly. */
  CALLBACK,
  /** On an event loop, whatever the caller was. */
  LOOP,
  /** On a worker verticle, whatever the caller was. */
  WORKER,
  /** On a thread that Vert.x does not know. */
  FOREIGN,
  /** Nothing is known, and nothing is assumed. */
  NONE;

  static Mode parse(String word) {
    return valueOf(word.trim().toUpperCase(Locale.ROOT));
  }

  Where from(Where caller) {
    return switch (this) {
      case SYNC, MAYBE, NONE -> caller;
      case BLOCK ->
          caller == Where.WORKER || caller == Where.VIRTUAL ? Where.WORKER : Where.OFFLOADED;
      case OFFLOAD -> Where.OFFLOADED;
      case CTX, CALLBACK -> caller == Where.WORKER || caller == Where.VIRTUAL ? caller : Where.LOOP;
      case LOOP -> Where.LOOP;
      case WORKER -> Where.WORKER;
      case FOREIGN -> Where.FOREIGN;
    };
  }

  /** The mode of a function that is run by {@code inner} inside of one run by this. */
  Mode then(Mode inner) {
    if (this == NONE || inner == NONE) {
      return NONE;
    }
    if (inner == SYNC || (inner == MAYBE && this != SYNC)) {
      return this;
    }
    if (this == WORKER && (inner == CTX || inner == CALLBACK || inner == BLOCK)) {
      return WORKER;
    }
    boolean looped = this == FOREIGN || this == LOOP || this == OFFLOAD;
    return switch (inner) {
      case CTX, CALLBACK -> looped ? LOOP : inner;
      case BLOCK -> looped ? OFFLOAD : BLOCK;
      default -> inner;
    };
  }

  static Set<Mode> compose(Set<Mode> outer, Set<Mode> inner) {
    Set<Mode> all = EnumSet.noneOf(Mode.class);
    for (Mode first : outer) {
      for (Mode second : inner) {
        all.add(first.then(second));
      }
    }
    all.remove(NONE);
    return all;
  }
}
