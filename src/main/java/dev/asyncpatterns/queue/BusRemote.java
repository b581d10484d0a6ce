package dev.asyncpatterns.queue;

import java.util.LinkedHashMap;
import java.util.Map;

/** A consumer as the broker sees it, on the broker's loop only. */
final class BusRemote {
  final String address;

  /** What it has, by the job's number. */
  final Map<Long, BusJob> held = new LinkedHashMap<>();

  /** How many jobs it may be sent. */
  int credits;

  /** It wants no more. */
  boolean leaving;

  BusRemote(String address) {
    this.address = address;
  }
}
