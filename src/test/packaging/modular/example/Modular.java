package example;

import dev.asyncpatterns.sync.AsyncSemaphore;
import io.vertx.core.Vertx;

/** Uses a pattern with everything on the module path. */
public final class Modular {
  public static void main(String[] args) {
    Vertx vertx = Vertx.vertx();
    vertx
        .timer(1)
        .compose(
            fired ->
                AsyncSemaphore.create(vertx, 1).withPermit(() -> vertx.timer(1).map(v -> "granted")))
        .onSuccess(
            text ->
                System.out.println(text + " in " + AsyncSemaphore.class.getModule().getDescriptor()))
        .onFailure(Throwable::printStackTrace)
        .eventually(vertx::close);
  }
}
