package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ConstantDynamic;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.TypeInsnNode;
import org.objectweb.asm.tree.analysis.Interpreter;

/** Follows values through the instructions of one method. */
final class Flow extends Interpreter<Value> {
  private static final String OPTIONS = "io/vertx/core/DeploymentOptions";
  private static final String FACTORY = "java/lang/invoke/LambdaMetafactory";

  private final InsnList code;
  private final List<Origin> origins = new ArrayList<>();
  private final Map<Origin, Integer> numbers = new HashMap<>();
  private int parameters;

  Flow(InsnList code) {
    super(Opcodes.ASM9);
    this.code = code;
    number(new Origin.Unknown());
  }

  List<Origin> origins() {
    return origins;
  }

  private int number(Origin origin) {
    Integer known = numbers.get(origin);
    if (known == null) {
      known = origins.size();
      origins.add(origin);
      numbers.put(origin, known);
    }
    return known;
  }

  private Value value(Origin origin) {
    return Value.of(1, number(origin));
  }

  @Override
  public @Nullable Value newValue(@Nullable Type type) {
    if (type == null) {
      return Value.UNKNOWN;
    }
    return type == Type.VOID_TYPE ? null : Value.unknown(type.getSize());
  }

  @Override
  public Value newParameterValue(boolean isInstance, int local, Type type) {
    return Value.of(type.getSize(), number(new Origin.Param(parameters++)));
  }

  @Override
  public @Nullable Value newOperation(AbstractInsnNode insn) {
    int opcode = insn.getOpcode();
    if (opcode == Opcodes.LDC) {
      return constant(((LdcInsnNode) insn).cst);
    }
    if (opcode == Opcodes.ACONST_NULL) {
      return value(new Origin.Const(Void.class));
    }
    if (opcode >= Opcodes.ICONST_M1 && opcode <= Opcodes.ICONST_5) {
      return value(new Origin.Const(opcode - Opcodes.ICONST_0));
    }
    if (opcode == Opcodes.LCONST_0 || opcode == Opcodes.LCONST_1) {
      long number = opcode == Opcodes.LCONST_1 ? 1 : 0;
      return Value.of(2, number(new Origin.Const(number)));
    }
    if (insn instanceof IntInsnNode push) {
      return value(new Origin.Const(push.operand));
    }
    if (insn instanceof TypeInsnNode made) {
      return value(new Origin.New(made.desc, code.indexOf(insn)));
    }
    if (insn instanceof FieldInsnNode field) {
      return field(field);
    }
    boolean wide = opcode == Opcodes.DCONST_0 || opcode == Opcodes.DCONST_1;
    return wide ? Value.UNKNOWN_WIDE : Value.UNKNOWN;
  }

  private Value constant(Object constant) {
    if (constant instanceof Type type && type.getSort() == Type.OBJECT) {
      return value(new Origin.ClassName(type.getInternalName()));
    }
    if (constant instanceof Long || constant instanceof Double) {
      return Value.of(2, number(new Origin.Const(constant)));
    }
    if (constant instanceof ConstantDynamic dynamic) {
      return Value.unknown(dynamic.getSize());
    }
    return value(new Origin.Const(constant));
  }

  private Value field(FieldInsnNode field) {
    int size = Type.getType(field.desc).getSize();
    return Value.of(size, number(new Origin.Field(field.owner, field.name)));
  }

  @Override
  public Value copyOperation(AbstractInsnNode insn, Value value) {
    return value;
  }

  @Override
  public @Nullable Value unaryOperation(AbstractInsnNode insn, Value value) {
    return switch (insn.getOpcode()) {
      case Opcodes.CHECKCAST -> value;
      case Opcodes.GETFIELD -> field((FieldInsnNode) insn);
      case Opcodes.LNEG,
          Opcodes.DNEG,
          Opcodes.I2L,
          Opcodes.I2D,
          Opcodes.L2D,
          Opcodes.F2L,
          Opcodes.F2D,
          Opcodes.D2L ->
          Value.UNKNOWN_WIDE;
      default -> Value.UNKNOWN;
    };
  }

  @Override
  public @Nullable Value binaryOperation(AbstractInsnNode insn, Value first, Value second) {
    return switch (insn.getOpcode()) {
      case Opcodes.AALOAD -> first;
      case Opcodes.LALOAD,
          Opcodes.DALOAD,
          Opcodes.LADD,
          Opcodes.DADD,
          Opcodes.LSUB,
          Opcodes.DSUB,
          Opcodes.LMUL,
          Opcodes.DMUL,
          Opcodes.LDIV,
          Opcodes.DDIV,
          Opcodes.LREM,
          Opcodes.DREM,
          Opcodes.LSHL,
          Opcodes.LSHR,
          Opcodes.LUSHR,
          Opcodes.LAND,
          Opcodes.LOR,
          Opcodes.LXOR ->
          Value.UNKNOWN_WIDE;
      default -> Value.UNKNOWN;
    };
  }

  @Override
  public @Nullable Value ternaryOperation(
      AbstractInsnNode insn, Value first, Value second, Value third) {
    return null;
  }

  @Override
  public @Nullable Value naryOperation(AbstractInsnNode insn, List<? extends Value> values) {
    int site = code.indexOf(insn);
    if (insn instanceof InvokeDynamicInsnNode dynamic) {
      if (dynamic.bsm.getOwner().equals(FACTORY)) {
        return value(new Origin.Lambda(site));
      }
      return newValue(Type.getReturnType(dynamic.desc));
    }
    if (!(insn instanceof MethodInsnNode call)) {
      return Value.UNKNOWN;
    }
    Type type = Type.getReturnType(call.desc);
    if (type == Type.VOID_TYPE) {
      return null;
    }
    if (call.owner.equals(OPTIONS) && type.getInternalName().equals(OPTIONS)) {
      return values.get(0);
    }
    if (call.name.equals("requireNonNull") && call.owner.equals("java/util/Objects")) {
      return values.get(0);
    }
    return Value.of(type.getSize(), number(new Origin.Result(site)));
  }

  @Override
  public void returnOperation(AbstractInsnNode insn, Value value, Value expected) {
    // What a method returns is read from the frames afterwards.
  }

  @Override
  public Value merge(Value first, Value second) {
    return first.getSize() == second.getSize() ? first.or(second) : Value.UNKNOWN;
  }
}
