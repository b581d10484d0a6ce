package dev.asyncpatterns.scan;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Decides whether a call in the program blocks, looking at its arguments too. */
final class SinkCalls {
  private static final Pattern ADDRESS =
      Pattern.compile("|[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[?[0-9a-fA-F]*:[0-9a-fA-F:.]+]?");
  private static final Set<String> ASKING =
      Set.of("isDone", "isSuccess", "isCompletedExceptionally", "isCompleted", "isComplete");
  private static final Set<String> ENDLESS =
      Set.of(
          "java/util/concurrent/LinkedTransferQueue",
          "java/util/concurrent/PriorityBlockingQueue",
          "java/util/concurrent/DelayQueue");
  private static final Set<String> LINKED =
      Set.of(
          "java/util/concurrent/LinkedBlockingQueue", "java/util/concurrent/LinkedBlockingDeque");
  private static final int DEEPEST = 4;

  private final Program program;
  private final Sinks sinks;
  private final Resolver resolver;
  private final IdentityHashMap<Call, Optional<Sinks.Sink>> known = new IdentityHashMap<>();

  SinkCalls(Program program, Sinks sinks, Resolver resolver) {
    this.program = program;
    this.sinks = sinks;
    this.resolver = resolver;
  }

  Sinks.@Nullable Sink find(MethodModel in, Call call) {
    return known.computeIfAbsent(call, key -> Optional.ofNullable(search(in, call))).orElse(null);
  }

  private Sinks.@Nullable Sink search(MethodModel in, Call call) {
    MethodModel own = program.find(call.owner(), call.signature());
    boolean scanned = own != null && !own.isAbstract();
    if (call.name().equals("<init>") && isSuper(in, call)) {
      return null;
    }
    for (Sinks.Sink sink : sinks.find(call.owner(), call.name(), call.desc())) {
      boolean known = scanned && !sink.rule().equals("EL312");
      if (!known && !isExcused(in, call, sink)) {
        return sink;
      }
    }
    return null;
  }

  /** A class that extends a blocking one calls its constructor; where it is made is what counts. */
  private static boolean isSuper(MethodModel in, Call call) {
    return in.name.equals("<init>") && Dispatch.isThis(in, call.args().get(0));
  }

  private boolean isExcused(MethodModel in, Call call, Sinks.Sink sink) {
    return switch (sink.unless()) {
      case "-" -> false;
      case "literal" -> hasConstant(in, call, SinkCalls::isAddress);
      case "zero" -> hasConstant(in, call, value -> isZero(value));
      case "done" -> isAsked(in, call);
      case "unbounded" -> isUnbounded(in, call);
      case "stdin" -> !comesFrom(in, call.args().get(0), "java/lang/System.in", 0);
      case "process" ->
          !comesFrom(in, call.args().get(0), "java/lang/Process.getInputStream", 0)
              && !comesFrom(in, call.args().get(0), "java/lang/Process.getErrorStream", 0);
      default -> throw new IllegalStateException("The catalogue says unless " + sink.unless());
    };
  }

  private static boolean isAddress(Object value) {
    return value instanceof String text && ADDRESS.matcher(text).matches();
  }

  private static boolean isZero(Object value) {
    return value instanceof Number number && number.longValue() == 0;
  }

  private static boolean hasConstant(
      MethodModel in, Call call, java.util.function.Predicate<Object> fits) {
    for (int arg = call.first(); arg < call.args().size(); arg++) {
      int[] origins = call.args().get(arg).origins();
      if (origins.length == 1
          && in.origin(origins[0]) instanceof Origin.Const constant
          && fits.test(constant.value())) {
        return true;
      }
    }
    return false;
  }

  private static boolean isAsked(MethodModel in, Call call) {
    Value value = call.args().get(0);
    return !value.isOnly(0)
        && in.calls.stream()
            .anyMatch(other ->
                ASKING.contains(other.name())
                    && !other.isStatic()
                    && other.args().get(0).equals(value));
  }

  private boolean isUnbounded(MethodModel in, Call call) {
    if (ENDLESS.contains(call.owner())) {
      return true;
    }
    // The elements put in share the trail with the queue itself.
    List<Resolver.Leaf> queues =
        resolver.resolve(in, call.args().get(0), true).leaves().stream()
            .filter(leaf -> leaf.origin() instanceof Origin.New made && isQueue(made.type()))
            .toList();
    return !queues.isEmpty() && queues.stream().allMatch(SinkCalls::isUnboundedQueue);
  }

  private boolean isQueue(String type) {
    return program.types.isA(type, "java/util/concurrent/BlockingQueue");
  }

  private static boolean isUnboundedQueue(Resolver.Leaf leaf) {
    if (!(leaf.origin() instanceof Origin.New made)) {
      return false;
    }
    return ENDLESS.contains(made.type())
        || (LINKED.contains(made.type())
            && constructor(leaf.method(), leaf.origin()).stream()
                .noneMatch(call -> call.desc().startsWith("(I")));
  }

  private static List<Call> constructor(MethodModel in, Origin made) {
    int number = in.origins.indexOf(made);
    return in.calls.stream()
        .filter(call -> call.name().equals("<init>") && call.args().get(0).isOnly(number))
        .toList();
  }

  /** Whether a stream reads from here, perhaps through readers around it. */
  private boolean comesFrom(MethodModel in, Value value, String source, int depth) {
    if (depth > DEEPEST) {
      return false;
    }
    for (Resolver.Leaf leaf : resolver.resolve(in, value, true).leaves()) {
      if (isSource(leaf, source)) {
        return true;
      }
      if (leaf.origin() instanceof Origin.New) {
        for (Call made : constructor(leaf.method(), leaf.origin())) {
          for (int i = 1; i < made.args().size(); i++) {
            if (comesFrom(leaf.method(), made.args().get(i), source, depth + 1)) {
              return true;
            }
          }
        }
      }
    }
    return false;
  }

  private static boolean isSource(Resolver.Leaf leaf, String source) {
    if (leaf.origin() instanceof Origin.Field field) {
      return source.equals(field.owner() + "." + field.name());
    }
    if (leaf.origin() instanceof Origin.Result result) {
      Call call = leaf.method().call(result.site());
      return call != null && source.equals(call.owner() + "." + call.name());
    }
    return false;
  }
}
