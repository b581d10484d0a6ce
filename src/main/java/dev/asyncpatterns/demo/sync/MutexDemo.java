package dev.asyncpatterns.demo.sync;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.sync.AsyncMutex;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.file.OpenOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Fifty payments into one account that is a file. Each reads the balance, adds one and writes it:
 * two steps, and on an event loop others run in between.
 */
public final class MutexDemo extends Demo<MutexDemo.Seen> {
  private static final int PAYMENTS = 50;

  private @Nullable Path path;

  @SuppressWarnings("NullAway.Init") // opened before either way is shown
  private AsyncFile account;

  /**
   * What is measured of either way.
   *
   * @param balance what the account holds after all payments
   */
  record Seen(int balance) {}

  @Override
  protected Future<?> open(Story story) throws Exception {
    path = Files.createTempFile("account", ".bin");
    return vertx
        .fileSystem()
        .open(path.toString(), new OpenOptions())
        .onSuccess(opened -> account = opened);
  }

  private Future<Integer> read() {
    return account.read(Buffer.buffer(Integer.BYTES), 0, 0, Integer.BYTES).map(b -> b.getInt(0));
  }

  private Future<Void> write(int balance) {
    return account.write(Buffer.buffer().appendInt(balance), 0);
  }

  private Future<Seen> pay(Supplier<Future<Void>> payment) {
    return write(0)
        .compose(empty -> {
          List<Future<Void>> all = new ArrayList<>();
          for (int i = 0; i < PAYMENTS; i++) {
            all.add(payment.get());
          }
          return Future.all(all);
        })
        .compose(paid -> read())
        .map(Seen::new);
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    return pay(() -> read().compose(balance -> write(balance + 1)));
    // @end
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "%d payments of 1 without a lock: the balance is %d, %d are lost",
        PAYMENTS, seen.balance, PAYMENTS - seen.balance);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    AsyncMutex mutex = AsyncMutex.create(vertx);
    return pay(() -> mutex.withLock(() -> read().compose(balance -> write(balance + 1))));
    // @end
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("AsyncMutex.withLock around both steps: the balance is %d", seen.balance);
    story.proof("%d of %d payments are lost", PAYMENTS - seen.balance, PAYMENTS);
    story.measured("balance", seen.balance);
    story.check("no payment is lost", seen.balance == PAYMENTS, seen.balance);
  }

  @Override
  protected Future<?> close(Story story) {
    Path made = path;
    return made == null
        ? Future.succeededFuture()
        : account.close().compose(closed -> vertx.fileSystem().delete(made.toString()));
  }
}
