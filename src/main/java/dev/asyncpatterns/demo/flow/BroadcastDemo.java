package dev.asyncpatterns.demo.flow;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.flow.Broadcast;
import dev.asyncpatterns.flow.Broadcast.Subscription;
import dev.asyncpatterns.flow.Channel;
import dev.asyncpatterns.gather.Loops;
import io.vertx.core.Future;
import java.util.concurrent.TimeUnit;

/**
 * Prices for a book that needs each of them and a screen that is slow. With a channel for each, fed
 * one after the other, the screen slows the book down; a broadcast lets each say what it needs.
 */
public final class BroadcastDemo extends Demo<BroadcastDemo.Seen> {
  private static final int PRICES = 50;
  private static final int SCREEN_MILLIS = 20;
  private static final int WATCH_MILLIS = 300;

  /**
   * What was seen when the time was over.
   *
   * @param booked prices the book had
   * @param shown prices the screen showed
   * @param lost prices the screen is known to have missed
   * @param last the last price the screen showed
   */
  record Seen(int booked, int shown, long lost, int last) {}

  /** What one way's readers have done so far. */
  private final class Tally {
    int booked;
    int shown;
    int last = -1;

    Future<Void> show(int price) {
      shown++;
      last = price;
      return vertx.timer(SCREEN_MILLIS, TimeUnit.MILLISECONDS).mapEmpty();
    }

    Future<Void> book() {
      booked++;
      return Future.succeededFuture();
    }

    Seen seen(long lost) {
      return new Seen(booked, shown, lost, last);
    }
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    Tally tally = new Tally();
    // @start region="wrong"
    Channel<Integer> book = Channel.bounded(vertx, 4);
    Channel<Integer> screen = Channel.bounded(vertx, 4);
    Loops.repeat(PRICES, price -> screen.send(price).compose(v -> book.send(price)));
    // @end
    book.forEach(price -> tally.book());
    screen.forEach(tally::show);
    return vertx.timer(WATCH_MILLIS, TimeUnit.MILLISECONDS).map(v -> tally.seen(0));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "a channel each: after %d ms the book has %d of %d prices; the screen shows price %d",
        WATCH_MILLIS, seen.booked, PRICES, seen.last);
  }

  @Override
  protected Future<Seen> right(Story story) {
    Tally tally = new Tally();
    // @start region="right"
    Broadcast<Integer> prices = Broadcast.create(vertx, "prices");
    Subscription<Integer> book = prices.subscribe(4); // senders wait for it
    Subscription<Integer> screen = prices.subscribe(1, Channel.Overflow.DROP_OLDEST); // never
    Loops.repeat(PRICES, price -> prices.send(price));
    // @end
    book.forEach(price -> tally.book());
    screen.forEach(tally::show);
    return vertx.timer(WATCH_MILLIS, TimeUnit.MILLISECONDS).map(v -> tally.seen(screen.lost()));
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Broadcast: the book has %d of %d prices", seen.booked, PRICES);
    story.proof(
        "the screen showed %d, lost %d, and shows price %d", seen.shown, seen.lost, seen.last);
    story.measured("booked", seen.booked);
    story.measured("lost", seen.lost);
    story.check("the book has every price", seen.booked == PRICES, seen.booked);
    story.check("the screen shows the latest", seen.last == PRICES - 1, seen.last);
    story.check(
        "what the screen lost is counted exactly", seen.shown + seen.lost == PRICES, seen.lost);
  }
}
