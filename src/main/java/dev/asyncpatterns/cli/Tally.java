package dev.asyncpatterns.cli;

import dev.asyncpatterns.demo.Demo;

/** How many demos passed, failed and were skipped. */
final class Tally {
  private int passed;
  private int failed;
  private int skipped;

  void add(Demo.Result result) {
    switch (result.verdict()) {
      case PASS -> passed++;
      case FAIL -> failed++;
      case SKIP -> skipped++;
    }
  }

  String line() {
    String skips = skipped == 0 ? "" : ", " + skipped + " skipped";
    return passed + " passed, " + failed + " failed" + skips;
  }

  int status() {
    return failed == 0 ? Session.OK : Session.FAILED;
  }
}
