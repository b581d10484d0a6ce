package dev.asyncpatterns.queue;

/**
 * One attempt at a piece of work, as a handler gets it.
 *
 * <p>Semantics: the same job may come again, with a higher attempt, when an earlier attempt failed,
 * took longer than its lease, or its consumer went away; so handlers should be idempotent, for
 * instance by the id. Immutable, so any context may read it; errors and cancellation are those of
 * the {@link WorkQueue}; it costs one small object per attempt.
 *
 * @param id what {@link WorkQueue#enqueue} gave, the same for every attempt
 * @param payload what was enqueued, decoded for this attempt
 * @param attempt which attempt this is, from 1
 */
public record Job<T>(String id, T payload, int attempt) {}
