package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;
import org.objectweb.asm.tree.TryCatchBlockNode;

/**
 * Finds loops without an end, and loops that only wait. A loop is the stretch of code that a jump
 * back closes, which is how compilers lay loops out.
 */
final class Loops {
  /** What a loop that does nothing but wait calls. */
  private static final Set<String> WAITING =
      Set.of("onSpinWait", "isDone", "isComplete", "nanoTime", "currentTimeMillis", "isAlive");

  private static final Set<String> HARMLESS = Set.of("get", "getPlain", "getAcquire", "yield");

  private final InsnList code;
  private final MethodNode method;

  private Loops(MethodNode method) {
    this.method = method;
    code = method.instructions;
  }

  static List<MethodModel.Loop> find(MethodNode method, int[] lines) {
    List<MethodModel.Loop> found = new ArrayList<>();
    Loops loops = new Loops(method);
    loops
        .stretches()
        .forEach((from, to) -> {
          if (loops.isEndless(from, to)) {
            found.add(new MethodModel.Loop(loops.firstLine(lines, from, to), true));
          } else if (loops.onlyWaits(from, to)) {
            found.add(new MethodModel.Loop(loops.firstLine(lines, from, to), false));
          }
        });
    return found;
  }

  /** The head of the loop, wherever the compiler has put the code of it. */
  private int firstLine(int[] lines, int from, int to) {
    int first = lines[to];
    for (int i = from; i <= to; i++) {
      boolean isReal = code.get(i).getOpcode() >= 0 && lines[i] > 0;
      first = isReal ? Math.min(first, lines[i]) : first;
    }
    return first;
  }

  /** Start and end of each loop. */
  private Map<Integer, Integer> stretches() {
    Map<Integer, Integer> stretches = new LinkedHashMap<>();
    for (int i = 0; i < code.size(); i++) {
      if (code.get(i) instanceof JumpInsnNode jump) {
        int target = code.indexOf(jump.label);
        if (target <= i) {
          stretches.merge(target, i, Math::max);
        }
      }
    }
    return stretches;
  }

  private boolean isEndless(int from, int to) {
    if (code.get(to).getOpcode() != Opcodes.GOTO) {
      return false;
    }
    for (int i = from; i <= to; i++) {
      if (leaves(code.get(i), from, to)) {
        return false;
      }
    }
    return method.tryCatchBlocks.stream().noneMatch(block -> catchesOutside(block, from, to));
  }

  private boolean catchesOutside(TryCatchBlockNode block, int from, int to) {
    int start = code.indexOf(block.start);
    int end = code.indexOf(block.end);
    int handler = code.indexOf(block.handler);
    return start <= to && end > from && (handler < from || handler > to);
  }

  private boolean leaves(AbstractInsnNode insn, int from, int to) {
    int opcode = insn.getOpcode();
    if ((opcode >= Opcodes.IRETURN && opcode <= Opcodes.RETURN) || opcode == Opcodes.ATHROW) {
      return true;
    }
    return targets(insn).stream()
        .mapToInt(code::indexOf)
        .anyMatch(target -> target < from || target > to);
  }

  private static List<LabelNode> targets(AbstractInsnNode insn) {
    List<LabelNode> targets = new ArrayList<>();
    if (insn instanceof JumpInsnNode jump) {
      targets.add(jump.label);
    } else if (insn instanceof TableSwitchInsnNode table) {
      targets.addAll(table.labels);
      targets.add(table.dflt);
    } else if (insn instanceof LookupSwitchInsnNode lookup) {
      targets.addAll(lookup.labels);
      targets.add(lookup.dflt);
    }
    return targets;
  }

  /** Whether a loop changes nothing and calls nothing but what tells time or state. */
  private boolean onlyWaits(int from, int to) {
    boolean waits = false;
    boolean calls = false;
    boolean reads = false;
    for (int i = from; i <= to; i++) {
      AbstractInsnNode insn = code.get(i);
      int opcode = insn.getOpcode();
      if (insn instanceof MethodInsnNode call) {
        calls = true;
        waits |= WAITING.contains(call.name);
        if (!WAITING.contains(call.name) && !HARMLESS.contains(call.name)) {
          return false;
        }
      }
      reads |= opcode == Opcodes.GETFIELD || opcode == Opcodes.GETSTATIC;
      if (changes(opcode)) {
        return false;
      }
    }
    return waits || (reads && !calls);
  }

  private static boolean changes(int opcode) {
    return (opcode >= Opcodes.ISTORE && opcode <= Opcodes.SASTORE)
        || opcode == Opcodes.IINC
        || opcode == Opcodes.PUTFIELD
        || opcode == Opcodes.PUTSTATIC
        || opcode == Opcodes.INVOKEDYNAMIC
        || opcode == Opcodes.NEW;
  }
}
