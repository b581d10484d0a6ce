package dev.asyncpatterns.demo.flow;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.flow.Channel;
import dev.asyncpatterns.gather.Loops;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * One producer that is quick, three consumers that are not, and an end. A queue polled by timers
 * grows as fast as the producer runs, and one end mark stops one consumer of the three.
 */
public final class ChannelDemo extends Demo<ChannelDemo.Seen> {
  private static final int ITEMS = 60;
  private static final int CAPACITY = 8;
  private static final int CONSUMERS = 3;
  private static final int PATIENCE_MILLIS = 180;
  private static final int END = -1;

  /**
   * What one way did.
   *
   * @param most items that lay between the sides at a time
   * @param consumed items dealt with
   * @param ended consumers that came to their end
   */
  record Seen(int most, int consumed, int ended) {}

  private int most;
  private int consumed;
  private int ended;

  private void reset() {
    most = 0;
    consumed = 0;
    ended = 0;
  }

  private Future<Void> work() {
    consumed++;
    return vertx.timer(2, TimeUnit.MILLISECONDS).mapEmpty();
  }

  private Future<Seen> look() {
    return vertx
        .timer(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
        .map(later -> new Seen(most, consumed, ended));
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    reset();
    // @start region="wrong"
    Deque<Integer> queue = new ArrayDeque<>();
    for (int i = 0; i < CONSUMERS; i++) {
      consume(queue);
    }
    for (int item = 0; item < ITEMS; item++) {
      queue.add(item); // nothing makes the producer wait
    }
    queue.add(END); // one mark for three
    // @end
    most = queue.size();
    return look();
  }

  private void consume(Deque<Integer> queue) {
    vertx.setTimer(
        1,
        v -> {
          Integer item = queue.poll();
          if (item != null && item == END) {
            ended++;
          } else if (item == null) {
            consume(queue); // again, until somebody puts something in
          } else {
            work().onSuccess(done -> consume(queue));
          }
        });
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "a queue and timers: %d items lay in it; %d of %d consumers ended, the others poll for ever",
        seen.most, seen.ended, CONSUMERS);
  }

  @Override
  protected Future<Seen> right(Story story) {
    reset();
    // @start region="right"
    Channel<Integer> channel = Channel.bounded(vertx, CAPACITY);
    for (int i = 0; i < CONSUMERS; i++) {
      channel.forEach(item -> work()).onSuccess(v -> ended++);
    }
    Loops.repeat(ITEMS, item -> send(channel, item)) // waits while eight are kept
        .onSuccess(v -> channel.close()); // ends all three, once it is empty
    // @end
    return look();
  }

  private Future<Void> send(Channel<Integer> channel, int item) {
    Future<Void> sent = channel.send(item);
    most = Math.max(most, channel.stats().kept());
    return sent;
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Channel.bounded(%d): at most %d items lay in it", CAPACITY, seen.most);
    story.proof(
        "%d of %d items dealt with, %d of %d consumers ended",
        seen.consumed, ITEMS, seen.ended, CONSUMERS);
    story.measured("most", seen.most);
    story.measured("consumed", seen.consumed);
    story.check("the producer waits for room", seen.most <= CAPACITY, seen.most);
    story.check("every item is dealt with", seen.consumed == ITEMS, seen.consumed);
    story.check("every consumer comes to its end", seen.ended == CONSUMERS, seen.ended);
  }
}
