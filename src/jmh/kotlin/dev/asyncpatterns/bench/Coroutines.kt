package dev.asyncpatterns.bench

import io.netty.channel.EventLoop
import io.vertx.core.Completable
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Runnable
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.resume

/** Kotlin's structured concurrency with a Vert.x event loop as its dispatcher. */
class Coroutines(private val loop: EventLoop, inPlace: Boolean) {
  private val dispatcher: CoroutineDispatcher =
    if (inPlace) InPlace(loop) else loop.asCoroutineDispatcher()

  /** So many times: a scope with [n] children, each one hop of the loop, joined. */
  fun forkJoin(times: Int, n: Int, done: Completable<Void>) {
    CoroutineScope(dispatcher).launch {
      repeat(times) {
        coroutineScope {
          val children = ArrayList<Deferred<Int>>(n)
          repeat(n) { children.add(async { hop() }) }
          children.awaitAll()
        }
      }
    }.invokeOnCompletion { error -> done.complete(null, error) }
  }

  /** So many items through one channel to a receiver on another loop, or the same. */
  fun transfer(
    receiver: EventLoop, inPlace: Boolean, items: Int, capacity: Int, done: Completable<Void>,
  ) {
    val channel = Channel<Int>(capacity)
    val there: CoroutineDispatcher =
      if (receiver === loop) dispatcher
      else if (inPlace) InPlace(receiver) else receiver.asCoroutineDispatcher()
    CoroutineScope(there).launch {
      for (item in channel) {
        last = item
      }
    }.invokeOnCompletion { error -> done.complete(null, error) }
    CoroutineScope(dispatcher).launch {
      repeat(items) { channel.send(1) }
      channel.close()
    }
  }

  private var last = 0

  private suspend fun hop(): Int = suspendCancellableCoroutine { continuation ->
    loop.execute { continuation.resume(1) }
  }

  /** Resumes in place when already on the loop: no second hop per step. */
  private class InPlace(private val loop: EventLoop) : CoroutineDispatcher() {
    override fun isDispatchNeeded(context: CoroutineContext) = !loop.inEventLoop()

    override fun dispatch(context: CoroutineContext, block: Runnable) = loop.execute(block)
  }
}
