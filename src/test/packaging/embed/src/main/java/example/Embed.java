package example;

import dev.asyncpatterns.gather.MapConcurrent;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.*;
import java.time.Duration;
import java.util.List;

public class Embed extends VerticleBase {
  @Override
  public Future<?> start() {
    return MapConcurrent.map(2, List.of("a", "b", "c"), this::slowly)   // at most two at a time
        .onSuccess(all -> System.out.println("mapped " + all));
  }

  private Future<String> slowly(String s) {
    return Delay.of(Duration.ofMillis(20)).map(done -> s.toUpperCase());
  }

  public static void main(String[] args) {
    Vertx vertx = Vertx.vertx();
    vertx.deployVerticle(new Embed())
        .onFailure(Throwable::printStackTrace)
        .eventually(vertx::close);
  }
}
