package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Type;

/** What libraries do with the functions they are given; the table is {@code api.txt}. */
final class Api {
  private static final List<Row> ROWS =
      Tables.read("api.txt", 4).stream()
          .map(row ->
              new Row(
                  row[0],
                  row[1],
                  Arrays.stream(row[2].split(" +")).map(Mode::parse).toList(),
                  row[3].equals("sure")))
          .toList();
  private static final Row UNKNOWN = new Row("*", "*", List.of(Mode.MAYBE), false);

  private final Types types;
  private final Program program;
  private final Map<String, Row> known = new HashMap<>();
  private final Map<String, Boolean> functional = new HashMap<>();

  /**
   * A row of the table.
   *
   * @param owner pattern for the type
   * @param method pattern for the method
   * @param modes for the first function among the arguments, the second, and so on; the last stays
   * @param sure whether it holds even where the code of the method was scanned
   */
  record Row(String owner, String method, List<Mode> modes, boolean sure) {}

  Api(Program program) {
    this.program = program;
    this.types = program.types;
  }

  Row row(Call call) {
    return known.computeIfAbsent(call.owner() + " " + call.name(), key -> find(call));
  }

  private Row find(Call call) {
    for (String owner : types.supers(call.owner())) {
      for (Row row : ROWS) {
        if (Tables.fits(row.owner(), owner) && Tables.fits(row.method(), call.name())) {
          if (owner.equals("java/lang/Object") && !call.owner().equals(owner)) {
            continue;
          }
          return row;
        }
      }
    }
    return UNKNOWN;
  }

  /** The mode of the argument with this number, when it is a function. */
  @Nullable Mode mode(Row row, Call call, int arg) {
    Type[] parameters = Type.getArgumentTypes(call.desc());
    int ordinal = 0;
    for (int i = 0; i < arg - call.first(); i++) {
      if (isFunctional(parameters[i])) {
        ordinal++;
      }
    }
    List<Mode> modes = row.modes();
    return modes.get(Math.min(ordinal, modes.size() - 1));
  }

  boolean isFunctional(Type type) {
    return type.getSort() == Type.OBJECT && isFunctional(type.getInternalName());
  }

  /** An interface of the program's own counts when it is used for a lambda. */
  boolean isFunctional(String type) {
    Boolean is = functional.get(type);
    if (is == null) {
      is = types.functionOf(type) != null && (program.type(type) == null || program.isFace(type));
      functional.put(type, is);
    }
    return is;
  }

  /** The rows, for tests. */
  static List<Row> rows() {
    return new ArrayList<>(ROWS);
  }
}
