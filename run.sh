#!/usr/bin/env bash
# Builds when something changed, then runs a demo, the tests or a benchmark: ./run.sh --help
set -eu

home=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
target=$home/target
stamp=$target/.run-stamp

fail() {
  printf 'run.sh: %s\n' "$1" >&2
  exit 3
}

find_java() {
  if [ -n "${JAVA_HOME:-}" ]; then
    java=$JAVA_HOME/bin/java
    [ -x "$java" ] || fail "JAVA_HOME is $JAVA_HOME, but there is no bin/java in it; point it at JDK 17 or newer"
  else
    java=$(command -v java) || fail 'java not found; install JDK 17 or newer, or set JAVA_HOME'
  fi
  local version
  version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p;' | head -n 1)
  [ "${version:-0}" -ge 17 ] || fail "JDK 17 or newer is needed, $java is version ${version:-unknown}"
}

need_build_tools() {
  if [ -n "${JAVA_HOME:-}" ]; then
    [ -x "$JAVA_HOME/bin/javac" ] || fail "$JAVA_HOME has no javac; install a full JDK 17 or newer"
  else
    command -v javac >/dev/null || fail 'javac not found; install a full JDK 17 or newer'
  fi
  command -v mvn >/dev/null || fail 'mvn not found; install Apache Maven 3.8 or newer'
}

maven() { mvn -B -ntp -Dstyle.color=never -f "$home/pom.xml" "$@"; }

# conf/ is read when a demo runs and needs no build. Directories count because their own time
# tells of a file that was removed.
is_stale() {
  [ -f "$stamp" ] || return 0
  [ -n "$(find "$home/pom.xml" "$home/src/main" -newer "$stamp" -print -quit)" ]
}

build() {
  need_build_tools
  printf 'run.sh: sources changed, building ...\n' >&2
  mkdir -p "$target"
  # Taken before the build: a file edited meanwhile is newer and asks for the next one.
  touch "$stamp.new"
  rm -f "$target"/vertx-async-patterns-*-demos.jar
  maven -q -Dmaven.test.skip=true package >&2 || {
    printf 'run.sh: the build failed, see above\n' >&2
    exit 1
  }
  mv "$stamp.new" "$stamp"
}

# Short commands skip the optimizing compiler, whose threads cost more than they give there.
run_main() {
  # A small heap and one collector thread: no long first-touch or starved pauses, which the
  # blocked-thread checker would report.
  local flags=(-Xmx512m -XX:+UseSerialGC -Djava.security.manager=disallow
    -Dasyncpatterns.conf="$home/conf"
    -Djava.util.logging.config.file="$home/conf/logging.properties")
  case ${1:-} in
    list | show | --help | -h | help) flags+=(-XX:TieredStopAtLevel=1) ;;
  esac
  if is_stale; then build; fi
  exec "$java" "${flags[@]}" -jar "$target"/vertx-async-patterns-*-demos.jar "$@"
}

run_tests() {
  local settings=()
  local arg
  for arg; do
    # Stress that runs nothing is no proof, so an empty run fails.
    if [ "$arg" = --stress ]; then
      settings+=(-Dgroups=stress -DfailIfNoTests=true)
    else
      settings+=("$arg")
    fi
  done
  need_build_tools
  exec mvn -B -ntp -f "$home/pom.xml" test ${settings[@]+"${settings[@]}"}
}

run_benchmarks() {
  need_build_tools
  maven -q -Pbench process-test-classes >&2
  exec "$java" -Djmh.ignoreLock=true \
    -cp "$target/bench-classes:$target/classes:$(cat "$target/bench.classpath")" \
    dev.asyncpatterns.bench.Main "$@"
}

find_java
case "${1:-} ${2:-}" in
  'test --help' | 'test -h' | 'bench --help' | 'bench -h') run_main "$@" ;;
  'test '*) run_tests "${@:2}" ;;
  'bench '*) run_benchmarks "${@:2}" ;;
  *) run_main "$@" ;;
esac
