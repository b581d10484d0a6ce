package dev.asyncpatterns.flow;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.asyncpatterns.flow.Broadcast.Subscription;
import dev.asyncpatterns.kernel.Rig;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * What the sides of a channel, and the senders and readers of a broadcast, may leave behind: never
 * somebody who waits for what is there. Results: who waits, and the items kept.
 */
public class FlowRaces {
  private FlowRaces() {}

  /** A full channel: somebody sends while its item is taken. */
  @JCStressTest
  @State
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "sent into the room that was made")
  public static class SendAndTake {
    private final Channel<Integer> channel = Channel.bounded(Rig.VERTX, 1);

    public SendAndTake() {
      channel.trySend(1);
    }

    @Actor
    public void send() {
      channel.send(2);
    }

    @Actor
    public void take() {
      channel.tryReceive();
    }

    @Arbiter
    public void result(II_Result r) {
      r.r1 = channel.stats().senders();
      r.r2 = channel.stats().kept();
    }
  }

  /** An empty channel: somebody receives while an item comes. */
  @JCStressTest
  @State
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the item is the receiver's")
  public static class ReceiveAndSend {
    private final Channel<Integer> channel = Channel.bounded(Rig.VERTX, 1);

    @Actor
    public void receive() {
      channel.receive();
    }

    @Actor
    public void send() {
      channel.trySend(1);
    }

    @Arbiter
    public void result(II_Result r) {
      r.r1 = channel.stats().receivers();
      r.r2 = channel.stats().kept();
    }
  }

  /** A channel that keeps nothing: the two sides must find each other. */
  @JCStressTest
  @State
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "they have met")
  public static class Rendezvous {
    private final Channel<Integer> channel = Channel.rendezvous(Rig.VERTX);

    @Actor
    public void receive() {
      channel.receive();
    }

    @Actor
    public void send() {
      channel.send(1);
    }

    @Arbiter
    public void result(II_Result r) {
      r.r1 = channel.stats().receivers();
      r.r2 = channel.stats().senders();
    }
  }

  /** Somebody receives while the channel is closed. */
  @JCStressTest
  @State
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "told that it is over")
  public static class ReceiveAndClose {
    private final Channel<Integer> channel = Channel.bounded(Rig.VERTX, 1);

    @Actor
    public void receive() {
      channel.receive();
    }

    @Actor
    public void close() {
      channel.close();
    }

    @Arbiter
    public void result(II_Result r) {
      r.r1 = channel.stats().receivers();
      r.r2 = channel.stats().kept();
    }
  }

  /** A subscriber with a full queue makes room while somebody begins to wait for it. */
  @JCStressTest
  @State
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the sender saw the room, or was woken")
  public static class BroadcastRoom {
    private final Broadcast<Integer> all = Broadcast.create(Rig.VERTX, "all");
    private final Subscription<Integer> slow = all.subscribe(1);

    public BroadcastRoom() {
      all.trySend(1);
    }

    @Actor
    public void send() {
      all.send(2);
    }

    @Actor
    public void read() {
      slow.tryReceive();
    }

    @Arbiter
    public void result(II_Result r) {
      r.r1 = all.stats().senders();
      r.r2 = slow.unread();
    }
  }

  /** A subscriber leaves while somebody begins to wait for it. */
  @JCStressTest
  @State
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "nobody is waited for that has left")
  public static class BroadcastLeave {
    private final Broadcast<Integer> all = Broadcast.create(Rig.VERTX, "all");
    private final Subscription<Integer> slow = all.subscribe(1);

    public BroadcastLeave() {
      all.trySend(1);
    }

    @Actor
    public void send() {
      all.send(2);
    }

    @Actor
    public void leave() {
      slow.close();
    }

    @Arbiter
    public void result(II_Result r) {
      r.r1 = all.stats().senders();
      r.r2 = slow.unread();
    }
  }
}
