package dev.asyncpatterns.cli;

import dev.asyncpatterns.demo.Demo;
import io.vertx.core.json.JsonObject;

/** How a story ended, as a line of JSON. */
final class ResultJson {
  private ResultJson() {}

  static String line(Demo.Result result) {
    JsonObject measured = new JsonObject();
    result.measured().forEach(measured::put);
    return new JsonObject()
        .put("id", result.id())
        .put("verdict", result.verdict().name())
        .put("reason", result.reason())
        .put("millis", result.millis())
        .put("measured", measured)
        .put(
            "blockedWarnings",
            new JsonObject()
                .put("problem", result.blockedWarnings().problem())
                .put("fix", result.blockedWarnings().fix()))
        .encode();
  }
}
