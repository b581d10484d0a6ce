package dev.asyncpatterns.scan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;

/** What cannot be read is said, ends with status 3, and costs little. */
class HostileInputTest {
  @TempDir Path folder;

  private static byte[] someClass() throws IOException {
    try (InputStream in = Scanner.class.getResourceAsStream("Resolver.class")) {
      return in.readAllBytes();
    }
  }

  private Report scan(Path path) {
    return Scanner.create(Scanner.Options.of(List.of(path))).scan();
  }

  @Test
  void wholeClass_isRead() throws IOException {
    Files.write(folder.resolve("A.class"), someClass());
    assertEquals(List.of(), scan(folder).problems());
  }

  @Test
  void cutClass_isAProblemAtEveryCut() throws IOException {
    byte[] whole = someClass();
    int cuts = 0;
    for (int length = 0; length < whole.length; length += 100, cuts++) {
      Files.write(folder.resolve("C" + length + ".class"), Arrays.copyOf(whole, length));
    }
    Report report = scan(folder);
    assertEquals(cuts, report.problems().size());
    assertEquals(Report.UNREADABLE, report.status(Rule.Severity.ERROR));
  }

  @Test
  void lengthsThatLie_areAProblem() throws IOException {
    byte[] whole = someClass();
    for (int at = 8; at < whole.length; at += 97) {
      byte[] broken = whole.clone();
      ByteBuffer.wrap(broken).putShort(at - 1, (short) 0xFFFF);
      Files.write(folder.resolve("L" + at + ".class"), broken);
    }
    assertFalse(scan(folder).problems().isEmpty());
  }

  @Test
  void classAboveItself_isAProblem() throws IOException {
    Files.write(folder.resolve("A.class"), made("A", "B"));
    Files.write(folder.resolve("B.class"), made("B", "A"));
    Report report = scan(folder);
    assertTrue(report.problems().toString().contains("above itself"), report.problems().toString());
    assertEquals(Report.UNREADABLE, report.status(Rule.Severity.ERROR));
  }

  private static byte[] made(String name, String parent) {
    ClassWriter out = new ClassWriter(0);
    out.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, name, null, parent, null);
    out.visitEnd();
    return out.toByteArray();
  }

  @Test
  void codeThatMakesNoSense_isAProblem() throws IOException {
    ClassWriter out = new ClassWriter(0);
    out.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, "P", null, "java/lang/Object", null);
    var method = out.visitMethod(Opcodes.ACC_STATIC, "m", "()V", null, null);
    method.visitCode();
    method.visitInsn(Opcodes.POP);
    method.visitInsn(Opcodes.RETURN);
    method.visitMaxs(1, 0);
    method.visitEnd();
    Files.write(folder.resolve("P.class"), out.toByteArray());
    assertTrue(scan(folder).problems().toString().contains("P.m()V"));
  }

  @Test
  void jarThatInflatesWithoutEnd_isAProblem() throws IOException {
    Path jar = folder.resolve("bomb.jar");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new ZipEntry("Bomb.class"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 9; i++) {
        out.write(zeros);
      }
    }
    assertTrue(scan(jar).problems().toString().contains("which no class has"));
  }

  @Test
  void jarWithTooManyEntries_isNotOpened() throws IOException {
    ByteBuffer end = ByteBuffer.allocate(22 + 20 + 56).order(ByteOrder.LITTLE_ENDIAN);
    end.putInt(0, 0x06064b50).putLong(32, 1_000_000).putLong(40, 46_000_000);
    end.putInt(56, 0x07064b50).putLong(56 + 8, 0);
    end.putInt(76, 0x06054b50).putShort(76 + 10, (short) 0xFFFF);
    Path jar = Files.write(folder.resolve("many.jar"), end.array());
    assertTrue(scan(jar).problems().toString().contains("this has 1000000"));
  }

  @Test
  void jarThatHidesHowManyEntriesItHas_isNotRead() throws IOException {
    Path jar = folder.resolve("liar.jar");
    try (ZipOutputStream out =
        new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(jar)))) {
      for (int i = 0; i <= Jar.MAX_ENTRIES; i++) {
        ZipEntry entry = new ZipEntry(i + ".class");
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(0);
        entry.setCrc(0);
        out.putNextEntry(entry);
      }
    }
    byte[] bytes = Files.readAllBytes(jar);
    ByteBuffer content = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    content
        .putLong(bytes.length - 22 - 20 - 56 + 24, 5)
        .putLong(bytes.length - 22 - 20 - 56 + 32, 5);
    Files.write(jar, bytes);
    assertTrue(scan(jar).problems().toString().contains("this has 200001"));
  }

  @Test
  void textInPlaceOfAJar_isAProblem() throws IOException {
    Path jar = Files.writeString(folder.resolve("text.jar"), "this is no jar");
    assertEquals(Report.UNREADABLE, scan(jar).status(Rule.Severity.ERROR));
  }

  @Test
  void folderWithoutClasses_isAProblem() {
    assertEquals(Report.UNREADABLE, scan(folder).status(Rule.Severity.ERROR));
  }
}
