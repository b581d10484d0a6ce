package dev.asyncpatterns.kernel;

import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.http.HttpClientInternal;
import io.vertx.core.net.ProxyOptions;
import java.lang.System.Logger.Level;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Ties the requests of an HTTP client to the scope of their caller.
 *
 * <pre>
 *   CONNECTING (a wait) ---> IN FLIGHT (a node of the scope) ---> the response has ended: unlinked
 *        | cancelled             | cancelled: reset
 *        +-- the request that comes late is reset
 * </pre>
 *
 * A dynamic proxy, because the client's internal interface, which the web client asks for, differs
 * from one Vert.x version to the next: only {@code request} is ours, the rest passes through.
 */
public final class HttpCancel implements InvocationHandler {
  /** What HTTP/2 calls CANCEL. HTTP/1 has no codes, it closes the connection. */
  private static final long CANCEL = 8;

  private static final System.Logger LOG = System.getLogger(HttpCancel.class.getName());

  private final HttpClientInternal client;

  private HttpCancel(HttpClientInternal client) {
    this.client = client;
  }

  /**
   * A view of {@code client} whose requests are reset when the scope of their caller is cancelled.
   *
   * @throws IllegalArgumentException when it was not made by {@code vertx.createHttpClient}
   */
  public static HttpClientAgent wrap(HttpClient client) {
    if (!(client instanceof HttpClientInternal internal)) {
      throw new IllegalArgumentException(
          "client must come from vertx.createHttpClient(...), was " + client.getClass().getName());
    }
    if (Proxy.isProxyClass(client.getClass())
        && Proxy.getInvocationHandler(client) instanceof HttpCancel) {
      return internal;
    }
    return (HttpClientAgent)
        Proxy.newProxyInstance(
            HttpClientInternal.class.getClassLoader(),
            new Class<?>[] {HttpClientInternal.class},
            new HttpCancel(internal));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] args)
      throws Throwable {
    return switch (method.getName()) {
      case "request" -> request(method, args);
      case "equals" -> args != null && proxy == args[0];
      case "toString" -> "cancellable " + client;
      default -> pass(method, args);
    };
  }

  private @Nullable Object pass(Method method, Object @Nullable [] args) throws Throwable {
    try {
      return method.invoke(client, args);
    } catch (InvocationTargetException e) {
      throw e.getTargetException();
    }
  }

  /** Without a scope there is nobody to cancel: the plain client's request. */
  private @Nullable Object request(Method method, Object @Nullable [] args) throws Throwable {
    ContextInternal caller = ContextInternal.current();
    Scope scope = caller == null ? null : Contexts.current(caller);
    if (caller == null || scope == null) {
      return pass(method, args);
    }
    Throwable over = scope.reason();
    if (over != null) {
      return Contexts.failed(caller, over);
    }
    @SuppressWarnings("unchecked") // what every overload of request returns
    Future<HttpClientRequest> request =
        (Future<HttpClientRequest>) Objects.requireNonNull(pass(method, args));
    ProxyOptions proxy =
        args != null && args[0] instanceof RequestOptions o ? o.getProxyOptions() : null;
    Connecting connecting = new Connecting(client, caller, scope, proxy);
    connecting.enter(scope);
    Contexts.subscribe(request, connecting);
    return connecting.future();
  }

  /** Never in place: it may complete futures of this and of other callers. */
  private static void reset(Context caller, HttpClientRequest request, Throwable why) {
    try {
      Loop.of(caller).defer(() -> request.reset(CANCEL, why));
    } catch (RejectedExecutionException e) {
      LOG.log(Level.TRACE, "loop is shut down, and its connections with it", e);
    }
  }

  /** Waits for a connection. */
  private static final class Connecting extends Waiter<HttpClientRequest>
      implements Completable<HttpClientRequest> {
    private final HttpClientInternal client;
    private final Context caller;
    private final Scope scope;
    private final @Nullable ProxyOptions proxy;
    private @Nullable HttpClientRequest request;

    Connecting(
        HttpClientInternal client, Context caller, Scope scope, @Nullable ProxyOptions proxy) {
      super(caller);
      this.client = client;
      this.caller = caller;
      this.scope = scope;
      this.proxy = proxy;
    }

    /** The client's answer, on whatever thread. */
    @Override
    public void complete(@Nullable HttpClientRequest connected, @Nullable Throwable error) {
      if (error != null) {
        cancel(error);
        return;
      }
      request = connected;
      if (grant()) {
        deliver();
      } else {
        passOn();
      }
    }

    @Override
    protected @Nullable HttpClientRequest value() {
      HttpClientRequest connected = request;
      if (connected != null) {
        new InFlight(caller, scope, connected).begin(client, proxy);
      }
      return connected;
    }

    @Override
    protected void left() {
      // The pool cannot be told; what it gives is disposed of when it comes.
    }

    /** Nobody took the request: give its connection back. */
    @Override
    protected void passOn() {
      HttpClientRequest late = request;
      if (late != null) {
        VertxKernel.of(client.vertx()).registry().late(late);
        late.exceptionHandler(reset -> {}); // or Vert.x logs it as an error
        HttpCancel.reset(caller, late, Scope.ended());
      }
    }

    @Override
    protected Throwable timeout() {
      return new TimeoutException("no connection in time");
    }
  }

  /** A request in its caller's hands, until its response has ended. */
  private static final class InFlight extends Node {
    private final Context caller;
    private volatile Scope scope;

    /** The one on the wire: a redirect puts another in its place. */
    private volatile HttpClientRequest request;

    private volatile @Nullable Throwable reason;

    InFlight(Context caller, Scope scope, HttpClientRequest request) {
      this.caller = caller;
      this.scope = scope;
      this.request = request;
    }

    void begin(HttpClientInternal client, @Nullable ProxyOptions proxy) {
      if (!scope.link(this)) {
        Throwable why = scope.reason();
        cancelled(why != null ? why : Scope.ended());
      }
      follow(client, proxy);
      request
          .response()
          .onComplete((response, error) -> {
            if (error != null) {
              leave();
            } else {
              response.end().onComplete((end, broken) -> leave());
            }
          });
    }

    /** Redirects go to the plain client, inside Vert.x; this way they are cancelled as well. */
    private void follow(HttpClientInternal client, @Nullable ProxyOptions proxy) {
      Function<HttpClientResponse, Future<RequestOptions>> target = client.redirectHandler();
      if (target == null) {
        return;
      }
      request.redirectHandler(response -> {
        Future<RequestOptions> next = target.apply(response);
        return next == null
            ? null
            : next.compose(to -> client.request(to.setProxyOptions(proxy))).map(this::moved);
      });
    }

    private HttpClientRequest moved(HttpClientRequest next) {
      request = next;
      Throwable why = reason;
      if (why != null) { // meanwhile
        HttpCancel.reset(caller, next, why);
      }
      return next;
    }

    @Override
    protected void cancelled(Throwable why) {
      reason = why;
      HttpCancel.reset(caller, request, why);
    }

    /**
     * The scope has settled without being cancelled, so what its work handed out is in the hands of
     * the scope around it, such as a response whose body is still to be read.
     */
    @Override
    protected void ended(Throwable why) {
      Scope around = scope.owner;
      if (around == null || around.owner == null) { // a root: never cancelled
        return;
      }
      scope = around;
      if (!around.link(this)) {
        Throwable over = around.cancellation();
        if (over == null) { // it has settled as well
          ended(why);
        } else {
          cancelled(over);
        }
      }
    }
  }
}
