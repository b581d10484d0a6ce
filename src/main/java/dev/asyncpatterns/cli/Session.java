package dev.asyncpatterns.cli;

import dev.asyncpatterns.demo.Catalog;
import dev.asyncpatterns.demo.Terminal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What every command needs.
 *
 * @param catalog the patterns
 * @param out where results go
 * @param err where complaints go, and prose when results are JSON
 * @param conf the settings folder, when there is one
 */
record Session(Catalog catalog, Terminal out, Terminal err, @Nullable Path conf) {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;

  /** The session of this process; {@code run.sh} names the settings folder. */
  static Session ofProcess() {
    String conf = System.getProperty("asyncpatterns.conf");
    Path folder = conf == null ? null : Path.of(conf);
    return new Session(Catalog.load(), Terminal.stdout(), Terminal.stderr(), folder);
  }

  /** The rows with these ids, or null after complaining about those that do not exist. */
  @Nullable List<Catalog.Row> rows(List<String> ids) {
    List<Catalog.Row> found = new ArrayList<>();
    for (String id : ids) {
      catalog.row(id).ifPresentOrElse(found::add, () -> complain(id));
    }
    return found.size() == ids.size() ? found : null;
  }

  private void complain(String id) {
    List<String> near = catalog.nearest(id);
    String hint =
        near.isEmpty() ? "./run.sh list names all" : "did you mean " + String.join(" or ", near);
    err.line("There is no pattern " + id + "; " + hint + (near.isEmpty() ? "." : "?"));
  }
}
