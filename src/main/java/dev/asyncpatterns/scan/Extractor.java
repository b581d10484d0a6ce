package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.analysis.Analyzer;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.tree.analysis.Frame;

/** Makes a {@link ClassModel} of a class file; the code itself is forgotten. */
final class Extractor {
  /** Instructions times variables; more takes too long and is found in generated code only. */
  private static final long MOST_WORK = 20_000_000;

  private final ClassModel type;

  private Extractor(ClassModel type) {
    this.type = type;
  }

  static ClassModel extract(byte[] bytes) throws ClassShape.BrokenException {
    TypeHeader header = ClassShape.read(bytes);
    try {
      return extract(header, bytes);
    } catch (RuntimeException e) {
      // What ASM throws for a class it cannot read is not one type.
      throw broken("cannot be read", e);
    }
  }

  private static ClassModel extract(TypeHeader header, byte[] bytes)
      throws ClassShape.BrokenException {
    ClassNode node = new ClassNode();
    new ClassReader(bytes).accept(node, ClassReader.SKIP_FRAMES);
    Marks marks = Marks.of(node.visibleAnnotations, node.invisibleAnnotations);
    String source = node.sourceFile == null ? "" : node.sourceFile;
    ClassModel type = new ClassModel(header, source, marks);
    Extractor extractor = new Extractor(type);
    for (MethodNode method : node.methods) {
      MethodModel model = extractor.method(method);
      type.methods.put(model.signature(), model);
    }
    return type;
  }

  private static ClassShape.BrokenException broken(String what, Exception cause) {
    ClassShape.BrokenException broken = new ClassShape.BrokenException(what + ": " + cause);
    broken.initCause(cause);
    return broken;
  }

  private MethodModel method(MethodNode node) throws ClassShape.BrokenException {
    int[] lines = lines(node);
    Marks marks = Marks.of(node.visibleAnnotations, node.invisibleAnnotations);
    int line = firstLine(lines);
    MethodModel model =
        new MethodModel(type, node.name.intern(), node.desc.intern(), node.access, line, marks);
    if (node.instructions.size() == 0) {
      return model;
    }
    if ((long) node.instructions.size() * Math.max(1, node.maxLocals) > MOST_WORK) {
      throw new ClassShape.BrokenException(model + " is too large to follow");
    }
    Flow flow = new Flow(node.instructions);
    Frame<Value>[] frames = frames(node, flow, model);
    model.origins = flow.origins();
    new Body(model, node, frames, lines).read();
    model.loops.addAll(Loops.find(node, lines));
    model.trim();
    return model;
  }

  private Frame<Value>[] frames(MethodNode node, Flow flow, MethodModel model)
      throws ClassShape.BrokenException {
    try {
      return new Analyzer<>(flow).analyze(type.name, node);
    } catch (AnalyzerException | RuntimeException e) {
      throw broken("the code of " + model + " makes no sense", e);
    }
  }

  private static int[] lines(MethodNode node) {
    int[] lines = new int[node.instructions.size()];
    int line = -1;
    for (int i = 0; i < lines.length; i++) {
      if (node.instructions.get(i) instanceof LineNumberNode number) {
        line = number.line;
      }
      lines[i] = line;
    }
    return lines;
  }

  private static int firstLine(int[] lines) {
    for (int line : lines) {
      if (line > 0) {
        return line;
      }
    }
    return -1;
  }

  /** Reads the instructions of one method, with what is known of the stack at each. */
  private static final class Body {
    private static final String LOCK = "java/util/concurrent/locks/";

    private final MethodModel model;
    private final MethodNode node;
    private final Frame<Value>[] frames;
    private final int[] lines;
    private final List<String> held = new ArrayList<>();

    Body(MethodModel model, MethodNode node, Frame<Value>[] frames, int[] lines) {
      this.model = model;
      this.node = node;
      this.frames = frames;
      this.lines = lines;
    }

    void read() {
      if ((node.access & Opcodes.ACC_SYNCHRONIZED) != 0) {
        enter((model.isStatic() ? "class " : "this ") + model.type.name, model.line);
      }
      for (int i = 0; i < lines.length; i++) {
        if (frames[i] != null) {
          read(i, node.instructions.get(i), frames[i]);
        }
      }
    }

    private void read(int at, AbstractInsnNode insn, Frame<Value> frame) {
      if (insn instanceof MethodInsnNode call) {
        call(at, call, frame);
      } else if (insn instanceof InvokeDynamicInsnNode dynamic) {
        lambda(at, dynamic, frame);
      } else if (insn instanceof FieldInsnNode field) {
        if (insn.getOpcode() == Opcodes.PUTFIELD || insn.getOpcode() == Opcodes.PUTSTATIC) {
          model.stores.add(new MethodModel.Store(field.owner, field.name, top(frame, 0)));
        }
      } else if (insn.getOpcode() == Opcodes.ARETURN || insn.getOpcode() == Opcodes.IRETURN) {
        Value value = top(frame, 0);
        model.returned = model.returned == null ? value : model.returned.or(value);
      } else if (insn.getOpcode() == Opcodes.MONITORENTER) {
        enter(lockName(top(frame, 0)), lines[at]);
      } else if (insn.getOpcode() == Opcodes.MONITOREXIT) {
        held.remove(lockName(top(frame, 0)));
      }
    }

    private static Value top(Frame<Value> frame, int down) {
      return frame.getStack(frame.getStackSize() - 1 - down);
    }

    private void enter(@Nullable String lock, int line) {
      if (lock != null) {
        held.add(lock);
        model.locks.add(new MethodModel.LockEntry(lock, line));
      }
    }

    /** A name for a lock that other methods use too; null for one that only this method has. */
    private @Nullable String lockName(Value value) {
      if (value.origins().length != 1) {
        return null;
      }
      Origin origin = model.origin(value.origins()[0]);
      if (origin instanceof Origin.Param param && param.index() == 0 && !model.isStatic()) {
        return "this " + model.type.name;
      }
      if (origin instanceof Origin.Field field) {
        return "field " + field.owner() + "." + field.name();
      }
      return origin instanceof Origin.ClassName name ? "class " + name.type() : null;
    }

    private List<Value> arguments(Frame<Value> frame, int count) {
      List<Value> values = new ArrayList<>(count);
      for (int i = count - 1; i >= 0; i--) {
        values.add(top(frame, i));
      }
      return values;
    }

    private void call(int at, MethodInsnNode insn, Frame<Value> frame) {
      boolean isStatic = insn.getOpcode() == Opcodes.INVOKESTATIC;
      int count = Type.getArgumentCount(insn.desc) + (isStatic ? 0 : 1);
      boolean special = isStatic || insn.getOpcode() == Opcodes.INVOKESPECIAL;
      List<Value> args = arguments(frame, count);
      boolean isLock = insn.owner.startsWith(LOCK) && !isStatic;
      if (isLock && insn.name.equals("unlock")) {
        held.remove(lockName(args.get(0)));
      }
      model.add(
          new Call(
              at,
              special,
              isStatic,
              insn.owner.intern(),
              insn.name.intern(),
              insn.desc.intern(),
              List.copyOf(args),
              lines[at],
              isDropped(insn),
              held.isEmpty() ? List.of() : List.copyOf(held)));
      if (isLock && insn.name.equals("lock")) {
        enter(lockName(args.get(0)), lines[at]);
      }
    }

    private static boolean isDropped(AbstractInsnNode insn) {
      AbstractInsnNode next = insn.getNext();
      while (next != null && next.getOpcode() < 0) {
        next = next.getNext();
      }
      // The Eclipse compiler leaves the result of an expression lambda on the stack.
      return next != null
          && (next.getOpcode() == Opcodes.POP || next.getOpcode() == Opcodes.RETURN);
    }

    private void lambda(int at, InvokeDynamicInsnNode insn, Frame<Value> frame) {
      if (insn.bsmArgs.length < 3
          || !(insn.bsmArgs[0] instanceof Type erased)
          || !(insn.bsmArgs[1] instanceof Handle handle)) {
        return;
      }
      model.add(
          new LambdaSite(
              at,
              handle.getTag(),
              handle.getOwner(),
              handle.getName(),
              handle.getDesc(),
              Type.getReturnType(insn.desc).getInternalName(),
              insn.name + erased.getDescriptor(),
              erased.getReturnType() == Type.VOID_TYPE,
              arguments(frame, Type.getArgumentCount(insn.desc)),
              lines[at]));
    }
  }
}
