package dev.asyncpatterns.queue;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;
import java.nio.charset.StandardCharsets;

/** Frames on the event bus: as they are within a Vertx, for they are immutable; else as bytes. */
final class FrameCodec implements MessageCodec<Frame, Frame> {
  static final String NAME = "dev.asyncpatterns.queue.frame";

  private static final Frame.Kind[] KINDS = Frame.Kind.values();

  @Override
  @SuppressWarnings("EnumOrdinal") // both ends are of one build
  public void encodeToWire(Buffer wire, Frame frame) {
    wire.appendByte((byte) frame.kind().ordinal());
    wire.appendLong(frame.job()).appendInt(frame.generation());
    wire.appendInt(frame.number()).appendLong(frame.nanos());
    append(wire, Buffer.buffer(frame.consumer()));
    append(wire, Buffer.buffer(frame.text()));
    append(wire, frame.payload());
  }

  private static void append(Buffer wire, Buffer bytes) {
    wire.appendInt(bytes.length()).appendBuffer(bytes);
  }

  @Override
  public Frame decodeFromWire(int start, Buffer wire) {
    int pos = start + 25;
    Buffer consumer = read(wire, pos);
    pos += 4 + consumer.length();
    Buffer text = read(wire, pos);
    pos += 4 + text.length();
    return new Frame(
        KINDS[wire.getByte(start)],
        consumer.toString(StandardCharsets.UTF_8),
        wire.getLong(start + 1),
        wire.getInt(start + 9),
        wire.getInt(start + 13),
        wire.getLong(start + 17),
        text.toString(StandardCharsets.UTF_8),
        read(wire, pos));
  }

  private static Buffer read(Buffer wire, int pos) {
    return wire.getBuffer(pos + 4, pos + 4 + wire.getInt(pos));
  }

  @Override
  public Frame transform(Frame frame) {
    return frame;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public byte systemCodecID() {
    return -1;
  }
}
