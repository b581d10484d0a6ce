package dev.asyncpatterns.testing;

import io.vertx.core.Context;
import io.vertx.core.spi.tracing.SpanKind;
import io.vertx.core.spi.tracing.TagExtractor;
import io.vertx.core.spi.tracing.VertxTracer;
import io.vertx.core.tracing.TracingPolicy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;

/** A tracer that notes, per message sent, which span its context carries. */
final class LawTracer implements VertxTracer<String, String> {
  private final List<String> spans = new CopyOnWriteArrayList<>();

  List<String> spans() {
    return List.copyOf(spans);
  }

  @Override
  public <R> String sendRequest(
      Context context,
      SpanKind kind,
      TracingPolicy policy,
      R request,
      String operation,
      BiConsumer<String, String> headers,
      TagExtractor<R> tags) {
    String span = LawScene.spanOf(context);
    spans.add(span);
    return span;
  }
}
