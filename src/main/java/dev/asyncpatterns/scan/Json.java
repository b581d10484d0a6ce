package dev.asyncpatterns.scan;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes maps, lists, texts, numbers and flags as JSON. */
final class Json {
  private final StringBuilder out = new StringBuilder();

  private Json() {}

  static String of(Object value) {
    Json json = new Json();
    json.value(value, "\n");
    return json.out.toString();
  }

  private void value(Object value, String indent) {
    if (value instanceof Map<?, ?> map) {
      String sep = "";
      out.append('{');
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.append(sep).append(indent).append("  ");
        text(String.valueOf(entry.getKey()));
        out.append(": ");
        value(entry.getValue(), indent + "  ");
        sep = ",";
      }
      out.append(map.isEmpty() ? "" : indent).append('}');
    } else if (value instanceof List<?> list) {
      String sep = "";
      out.append('[');
      for (Object item : list) {
        out.append(sep).append(indent).append("  ");
        value(item, indent + "  ");
        sep = ",";
      }
      out.append(list.isEmpty() ? "" : indent).append(']');
    } else if (value instanceof Number || value instanceof Boolean) {
      out.append(value);
    } else {
      text(String.valueOf(value));
    }
  }

  private void text(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || Character.isSurrogate(c)) {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
