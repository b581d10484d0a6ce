package dev.asyncpatterns.kernel;

import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;

/** User code that wants to hear of a cancellation: it runs on the context that registered it. */
public final class Hook extends Node {
  private final ContextInternal context;
  private final Runnable action;

  private Hook(ContextInternal context, Runnable action) {
    this.context = context;
    this.action = action;
  }

  /**
   * Registers {@code action}; when the scope is cancelled already, it runs soon.
   *
   * @return the hook, so that it can be taken back
   */
  public static Hook add(Scope scope, Context caller, Runnable action) {
    Hook hook = new Hook((ContextInternal) caller, action);
    Throwable why;
    if (!scope.link(hook) && (why = scope.cancellation()) != null) {
      hook.cancelled(why);
    }
    return hook;
  }

  /** Takes the hook back; it will not run, unless it has been started. O(1). */
  public void remove() {
    leave();
  }

  @Override
  protected void cancelled(Throwable reason) {
    Contexts.run(context, action);
  }

  @Override
  protected void ended(Throwable reason) {
    // Nobody cancelled: there is nothing to say.
  }
}
