/** Async patterns for Eclipse Vert.x 5: what is in the main jar. */
module dev.asyncpatterns {
  requires transitive io.vertx.core;
  // Netty's loops are below every primitive; vertx-core requires them, though not transitively.
  requires io.netty.common;
  requires io.netty.transport;
  requires static com.github.benmanes.caffeine;
  requires static org.jspecify;

  exports dev.asyncpatterns;
  exports dev.asyncpatterns.blocking;
  exports dev.asyncpatterns.cache;
  exports dev.asyncpatterns.flow;
  exports dev.asyncpatterns.gather;
  exports dev.asyncpatterns.http;
  exports dev.asyncpatterns.limit;
  exports dev.asyncpatterns.observe;
  exports dev.asyncpatterns.queue;
  exports dev.asyncpatterns.resilience;
  exports dev.asyncpatterns.sync;
  exports dev.asyncpatterns.task;
  exports dev.asyncpatterns.time;
  exports dev.asyncpatterns.kernel to
      dev.asyncpatterns.testing;

  provides io.vertx.core.spi.VertxServiceProvider with
      dev.asyncpatterns.kernel.ScopeStorage;
}
