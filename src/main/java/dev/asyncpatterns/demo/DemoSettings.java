package dev.asyncpatterns.demo;

import io.vertx.core.VertxOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The settings of the demos: {@code vertx-options.json} and {@code demos.json} in a folder, each of
 * which may be absent.
 *
 * <p>Without the first, the blocked-thread checker looks every 50 ms, warns about a loop blocked
 * for 100 ms and shows the stack. The second holds the configuration of each demo by its id.
 */
public final class DemoSettings {
  private final VertxOptions vertxOptions;
  private final JsonObject demos;

  private DemoSettings(VertxOptions vertxOptions, JsonObject demos) {
    this.vertxOptions = vertxOptions;
    this.demos = demos;
  }

  /**
   * The settings of a demo run without a settings folder.
   *
   * @return the defaults
   */
  public static DemoSettings defaults() {
    return new DemoSettings(tight(), new JsonObject());
  }

  /**
   * Reads the settings in a folder.
   *
   * @param folder the folder; null, or one without the files, gives the defaults
   * @return the settings
   * @throws IllegalArgumentException naming the file, when it is no JSON object or an option in it
   *     is not valid
   */
  public static DemoSettings load(@Nullable Path folder) {
    if (folder == null) {
      return defaults();
    }
    Path options = folder.resolve("vertx-options.json");
    Path demos = folder.resolve("demos.json");
    return new DemoSettings(
        Files.exists(options) ? options(options) : tight(),
        Files.exists(demos) ? json(demos) : new JsonObject());
  }

  /**
   * The options of the Vert.x that demos run on.
   *
   * @return a copy
   */
  public VertxOptions vertxOptions() {
    return new VertxOptions(vertxOptions);
  }

  /**
   * The configuration of a demo.
   *
   * @param id the pattern
   * @return a copy; empty when nothing is set
   * @throws IllegalArgumentException when what is set is not a JSON object
   */
  public JsonObject of(String id) {
    Object settings = demos.getValue(id, new JsonObject());
    if (settings instanceof JsonObject object) {
      return object.copy();
    }
    throw new IllegalArgumentException("demos.json: " + id + " must be a JSON object");
  }

  private static VertxOptions tight() {
    return new VertxOptions()
        .setBlockedThreadCheckInterval(50)
        .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS)
        .setMaxEventLoopExecuteTime(100)
        .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS)
        .setWarningExceptionTime(100)
        .setWarningExceptionTimeUnit(TimeUnit.MILLISECONDS);
  }

  private static VertxOptions options(Path file) {
    JsonObject json = json(file);
    try {
      return new VertxOptions(json);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(file + " holds an option that is not valid: " + e, e);
    }
  }

  private static JsonObject json(Path file) {
    try {
      return new JsonObject(Files.readString(file));
    } catch (DecodeException | IOException e) {
      throw new IllegalArgumentException(file + " is not a JSON object: " + e.getMessage(), e);
    }
  }
}
