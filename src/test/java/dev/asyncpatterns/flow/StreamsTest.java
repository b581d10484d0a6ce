package dev.asyncpatterns.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.testing.VirtualFixture;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import org.junit.jupiter.api.Test;

/** The mistake is a buffer that grows while the slower side is behind. */
class StreamsTest extends VirtualFixture {
  private final IOException boom = new IOException("boom");
  private final Source source = new Source();
  private final Sink sink = new Sink();

  /** Numbers from 1, as many as are asked for; keeps nothing. */
  private final class Source implements ReadStream<Integer> {
    int last = Integer.MAX_VALUE;
    int given;
    long demand = Long.MAX_VALUE;
    Handler<Integer> handler;
    Handler<Void> endHandler;
    Handler<Throwable> exceptionHandler;

    private void flow() {
      vertx.runOnContext(v -> {
        while (demand > 0 && given < last && handler != null) {
          demand--;
          handler.handle(++given);
        }
        if (given == last && demand > 0 && endHandler != null) {
          endHandler.handle(null);
        }
      });
    }

    @Override
    public ReadStream<Integer> exceptionHandler(Handler<Throwable> h) {
      exceptionHandler = h;
      return this;
    }

    @Override
    public ReadStream<Integer> handler(Handler<Integer> h) {
      handler = h;
      return this;
    }

    @Override
    public ReadStream<Integer> pause() {
      demand = 0;
      return this;
    }

    @Override
    public ReadStream<Integer> resume() {
      return fetch(Long.MAX_VALUE);
    }

    @Override
    public ReadStream<Integer> fetch(long amount) {
      demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
      flow();
      return this;
    }

    @Override
    public ReadStream<Integer> endHandler(Handler<Void> h) {
      endHandler = h;
      return this;
    }
  }

  /** Is full with two items, and takes a millisecond for each. */
  private final class Sink implements WriteStream<Integer> {
    final List<Integer> written = new ArrayList<>();
    int pending;
    int mostPending;
    int failAt = -1;
    boolean drainsUnheard;
    Handler<Void> drainHandler;

    @Override
    public WriteStream<Integer> exceptionHandler(Handler<Throwable> h) {
      return this;
    }

    @Override
    public Future<Void> write(Integer item) {
      if (item == failAt) {
        return Future.failedFuture(boom);
      }
      mostPending = Math.max(mostPending, ++pending);
      Promise<Void> done = Promise.promise();
      vertx.setTimer(
          pending,
          v -> {
            written.add(item);
            pending = Math.max(0, pending - 1);
            if (pending == 0 && drainHandler != null) {
              drainHandler.handle(null);
            }
            done.complete();
          });
      return done.future();
    }

    @Override
    public Future<Void> end() {
      log.add("ended");
      return Future.succeededFuture();
    }

    @Override
    public WriteStream<Integer> setWriteQueueMaxSize(int size) {
      return this;
    }

    @Override
    public boolean writeQueueFull() {
      return pending >= 2;
    }

    @Override
    public WriteStream<Integer> drainHandler(Handler<Void> h) {
      if (drainsUnheard) { // another thread made room, just before it was told whom to tell
        pending = 0;
      } else {
        drainHandler = h;
      }
      return this;
    }
  }

  @Test
  void readStream_isReadNoFurtherThanAsked() {
    AsyncIterator<Integer> it = turn(() -> Streams.from(source));
    assertEquals(0, source.given);
    assertEquals(1, time.call(it::next));
    assertEquals(2, time.call(it::next));
    advance(100);
    assertEquals(2, source.given);
  }

  @Test
  void readStream_toItsEnd() {
    source.last = 5;
    assertEquals(List.of(1, 2, 3, 4, 5), time.call(() -> Streams.from(source).toList()));
  }

  @Test
  void readStream_failure_isTheTakers() {
    AsyncIterator<Integer> it = turn(() -> Streams.from(source));
    source.last = 0;
    source.endHandler = null; // it stalls
    Future<Integer> item = turn(() -> it.next());
    assertWaits(item);
    turn(() -> source.exceptionHandler.handle(boom));
    assertSame(boom, item.cause());
  }

  @Test
  void readStream_itemBeforeTheEnd_isKeptTillItIsAskedFor() {
    AsyncIterator<Integer> it = turn(() -> Streams.from(source));
    turn(() -> {
      source.handler.handle(7); // a stream may push what was under way when it was paused
      source.endHandler.handle(null);
    });
    assertEquals(List.of(7), time.call(it::toList));
  }

  @Test
  void pipe_writesAllInOrder_andNeverPilesUp() {
    source.last = 50;
    time.call(() -> Streams.pipe(source, sink));
    assertEquals(50, sink.written.size());
    assertEquals(50, sink.written.get(49));
    assertEquals(2, sink.mostPending);
    assertEquals(List.of(), log, "ending is the owner's");
  }

  @Test
  void pipe_goesOn_whenThereIsRoomBeforeItListens() {
    source.last = 50;
    sink.drainsUnheard = true;
    time.call(() -> Streams.pipe(source, sink));
    advance(100);
    assertEquals(50, sink.written.size());
  }

  @Test
  void pipe_cancelled_stopsReadingAndWriting() {
    Cancellable<Void> pipe = cancellable(() -> Streams.pipe(source, sink));
    advance(5);
    pipe.scope().cancel("go");
    advance(10);
    int written = sink.written.size();
    int given = source.given;
    assertFails(CancellationException.class, pipe.future());
    advance(1000);
    assertEquals(written, sink.written.size());
    assertEquals(given, source.given);
    assertEquals(0, source.demand);
  }

  @Test
  void write_failure_stopsTheReading() {
    sink.failAt = 5;
    assertSame(
        boom, assertThrows(IOException.class, () -> time.call(() -> Streams.pipe(source, sink))));
    assertEquals(5, source.given);
  }

  @Test
  void iteratorAsReadStream_honoursPauseAndFetch() {
    List<Integer> got = new ArrayList<>();
    ReadStream<Integer> stream = Streams.toReadStream(AsyncIterator.of(List.of(1, 2, 3, 4, 5)));
    turn(() -> {
      stream.pause();
      stream.endHandler(v -> log.add("end"));
      stream.handler(got::add);
    });
    assertEquals(List.of(), got);
    turn(() -> stream.fetch(2));
    assertEquals(List.of(1, 2), got);
    turn(stream::resume);
    assertEquals(List.of(1, 2, 3, 4, 5), got);
    assertEquals(List.of("end"), log);
  }

  @Test
  void iteratorAsReadStream_pipesIntoASlowSink() {
    ReadStream<Integer> stream =
        Streams.toReadStream(AsyncIterator.of(() -> Stream.range(100).iterator()));
    time.call(() -> stream.pipeTo(sink));
    assertEquals(100, sink.written.size());
    assertTrue(sink.mostPending <= 3, "pending: " + sink.mostPending);
    assertEquals(List.of("ended"), log);
  }

  private static final class Stream {
    static List<Integer> range(int n) {
      return java.util.stream.IntStream.range(0, n).boxed().toList();
    }
  }

  @Test
  void iteratorAsReadStream_failure_goesToTheHandler() {
    ReadStream<Integer> stream =
        Streams.toReadStream(AsyncIterator.generate(() -> Future.failedFuture(boom)));
    turn(() -> {
      stream.exceptionHandler(e -> log.add(e.getMessage()));
      stream.handler(item -> {});
    });
    assertEquals(List.of("boom"), log);
  }

  @Test
  void publisher_isAskedForOneAtATime() {
    List<Long> requests = new ArrayList<>();
    Flow.Publisher<Integer> publisher =
        subscriber ->
            subscriber.onSubscribe(
                new Flow.Subscription() {
                  int next;

                  @Override
                  public void request(long n) {
                    requests.add(n);
                    if (next == 3) {
                      subscriber.onComplete();
                    } else {
                      subscriber.onNext(++next);
                    }
                  }

                  @Override
                  public void cancel() {
                    log.add("cancelled");
                  }
                });
    assertEquals(List.of(1, 2, 3), time.call(() -> Streams.from(publisher).toList()));
    assertEquals(List.of(1L, 1L, 1L, 1L), requests);
    assertEquals(
        List.of(2),
        time.call(() -> Streams.from(publisher).filter(n -> n % 2 == 0).take(1).toList()));
    assertTrue(log.contains("cancelled"));
  }

  @Test
  void publisherOfTheJdk_onItsOwnThreads_losesNothing() {
    try (SubmissionPublisher<Integer> publisher = new SubmissionPublisher<>()) {
      Future<List<Integer>> all = turn(() -> Streams.from(publisher).take(500).toList());
      new Thread(
              () -> {
                for (int i = 0; i < 500; i++) {
                  publisher.submit(i);
                }
              })
          .start();
      assertEquals(500, time.await(all).size());
    }
  }

  /** Keeps what comes, asks for nothing by itself. */
  private final class Asking implements Flow.Subscriber<Integer> {
    final List<Integer> got = new ArrayList<>();
    Flow.Subscription subscription;

    @Override
    public void onSubscribe(Flow.Subscription s) {
      subscription = s;
    }

    @Override
    public void onNext(Integer item) {
      got.add(item);
    }

    @Override
    public void onError(Throwable error) {
      log.add(error.getMessage());
    }

    @Override
    public void onComplete() {
      log.add("complete");
    }
  }

  @Test
  void iteratorAsPublisher_givesWhatIsRequested() {
    Asking subscriber = new Asking();
    turn(() -> Streams.toPublisher(AsyncIterator.of(List.of(1, 2, 3))).subscribe(subscriber));
    assertEquals(List.of(), subscriber.got);
    turn(() -> subscriber.subscription.request(2));
    assertEquals(List.of(1, 2), subscriber.got);
    turn(() -> subscriber.subscription.request(5));
    assertEquals(List.of(1, 2, 3), subscriber.got);
    assertEquals(List.of("complete"), log);
  }

  @Test
  void iteratorAsPublisher_cancelled_closesTheIterator_andIsSilent() {
    Asking subscriber = new Asking();
    AsyncIterator<Integer> items =
        AsyncIterator.generate(
            () -> Delay.of(Duration.ofMillis(1)).map(v -> 1),
            () -> {
              log.add("closed");
              return Future.succeededFuture();
            });
    turn(() -> Streams.toPublisher(items).subscribe(subscriber));
    turn(() -> subscriber.subscription.request(1));
    advance(5);
    turn(() -> subscriber.subscription.cancel());
    advance(5);
    assertEquals(List.of(1), subscriber.got);
    assertEquals(List.of("closed"), log);
  }

  @Test
  void iteratorAsPublisher_badRequest_andSecondSubscriber_areErrors() {
    Asking first = new Asking();
    Asking second = new Asking();
    Flow.Publisher<Integer> publisher = Streams.toPublisher(AsyncIterator.of(List.of(1)));
    turn(() -> publisher.subscribe(first));
    turn(() -> publisher.subscribe(second));
    turn(() -> first.subscription.request(0));
    assertEquals(
        List.of(
            "an iterator has one taker: this is subscribed to already",
            "request must be 1 or more, was 0"),
        log);
  }
}
