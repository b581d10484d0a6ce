package dev.asyncpatterns.queue;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The consumers of a broker; those with credits take turns. A consumer stands in the rotation
 * exactly while it has credits and is not leaving.
 */
final class BusRemotes {
  private final Map<String, BusRemote> all = new HashMap<>();
  private final ArrayDeque<BusRemote> rotation = new ArrayDeque<>();

  int size() {
    return all.size();
  }

  Collection<BusRemote> all() {
    return List.copyOf(all.values());
  }

  void join(String address, int credits) {
    BusRemote remote = new BusRemote(address);
    if (all.putIfAbsent(address, remote) == null) {
      credit(address, credits);
    }
  }

  void credit(String address, int credits) {
    BusRemote remote = all.get(address);
    if (remote == null || remote.leaving) {
      return;
    }
    if (remote.credits == 0) {
      rotation.add(remote);
    }
    remote.credits += credits;
  }

  boolean haveCredit() {
    return !rotation.isEmpty();
  }

  /** Takes one credit of whose turn it is. */
  BusRemote spend() {
    BusRemote remote = rotation.remove();
    if (--remote.credits > 0) {
      rotation.add(remote);
    }
    return remote;
  }

  void leaving(String address) {
    BusRemote remote = all.get(address);
    if (remote != null) {
      remote.leaving = true;
      rotation.remove(remote);
    }
  }

  /** Forgets a consumer; null when it is not known. */
  @Nullable BusRemote gone(String address) {
    leaving(address);
    return all.remove(address);
  }
}
