package dev.asyncpatterns.scan;

/** Where code runs: its thread, and the thread to which a Vert.x callback brings it back. */
enum Where {
  /** An event loop. */
  LOOP("event loop"),
  /** A worker thread that runs blocking code for an event-loop context. */
  OFFLOADED("worker thread"),
  /** A worker verticle. */
  WORKER("worker verticle"),
  /** A virtual-thread verticle. */
  VIRTUAL("virtual thread"),
  /** A thread that Vert.x does not know. */
  FOREIGN("other thread");

  private final String title;

  Where(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }
}
