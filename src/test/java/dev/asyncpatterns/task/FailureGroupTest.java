package dev.asyncpatterns.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Python's ExceptionGroup is the peer: its split, nested groups, and nothing lost. */
class FailureGroupTest {
  private final IOException io = new IOException("io");
  private final IllegalStateException state = new IllegalStateException("state");
  private final IllegalArgumentException argument = new IllegalArgumentException("argument");

  @Test
  void of_gathersWhatIsSuppressed_theFirstFirst() {
    state.addSuppressed(io);
    state.addSuppressed(argument);
    assertEquals(List.of(state, io, argument), FailureGroup.of(state).failures());
  }

  @Test
  void of_goesThroughNestedGroups_eachFailureOnce() {
    state.addSuppressed(io);
    FailureGroup inner = new FailureGroup("inner", List.of(io, argument));
    FailureGroup outer = new FailureGroup("outer", List.of(state, inner, state));
    assertEquals(List.of(state, io, argument), FailureGroup.of(outer).failures());
  }

  @Test
  void of_failuresThatSuppressEachOther_ends() {
    io.addSuppressed(state);
    state.addSuppressed(io);
    assertEquals(List.of(io, state), FailureGroup.of(io).failures());
  }

  @Test
  void split_matchingAndOthers_areTheWhole() {
    FailureGroup all = new FailureGroup("all", List.of(io, state, argument));
    assertEquals(List.of(io), all.matching(IOException.class::isInstance).get().failures());
    assertEquals(
        List.of(state, argument), all.others(IOException.class::isInstance).get().failures());
    assertTrue(all.matching(Error.class::isInstance).isEmpty());
    assertTrue(all.others(Exception.class::isInstance).isEmpty());
  }

  @Test
  void stackTracesAndMessage_showAllOfThem() {
    FailureGroup all = new FailureGroup("loading", List.of(io, state));
    assertEquals("loading: 2 failures, first java.io.IOException: io", all.getMessage());
    assertSame(io, all.getCause());
    assertEquals(List.of(state), List.of(all.getSuppressed()));
    assertEquals(
        "loading: 1 failure, java.io.IOException: io",
        new FailureGroup("loading", List.of(io)).getMessage());
  }

  @Test
  void groupOfNone_isRefused() {
    assertEquals(
        "a group must have at least 1 failure, had 0",
        assertThrows(IllegalArgumentException.class, () -> new FailureGroup("none", List.of()))
            .getMessage());
  }
}
