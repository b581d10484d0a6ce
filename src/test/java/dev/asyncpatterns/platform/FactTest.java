package dev.asyncpatterns.platform;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FactTest {
  @Test
  void thirdOutcomeIsRed_withTheObservation() {
    Fact fact = Fact.that("a thing loses items");
    AssertionError e =
        assertThrows(AssertionError.class, () -> fact.observed("7 of 3", false, false));
    assertTrue(e.getMessage().contains("neither as claimed nor mended"), e.getMessage());
    assertTrue(e.getMessage().contains("a thing loses items (observed: 7 of 3)"), e.getMessage());
    assertThrows(AssertionError.class, () -> fact.observed("both", true, true));
  }
}
