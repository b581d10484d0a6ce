/** Async patterns for Eclipse Vert.x 5: what is in the main jar. */
module dev.asyncpatterns {
  requires transitive io.vertx.core;
  requires static org.jspecify;
}
