package dev.asyncpatterns.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class FrameCodecTest {
  @Test
  void frames_comeBackFromTheWireAsTheyWere() {
    FrameCodec codec = new FrameCodec();
    Buffer wire = Buffer.buffer("before");
    for (Frame.Kind kind : Frame.Kind.values()) {
      Buffer payload = Buffer.buffer(new byte[] {0, -1, 7});
      Frame frame = new Frame(kind, "cönsumer", 1L << 40, 3, 17, 1L << 50, "žerror", payload);
      int start = wire.length();
      codec.encodeToWire(wire, frame);
      assertEquals(frame, codec.decodeFromWire(start, wire));
    }
  }
}
