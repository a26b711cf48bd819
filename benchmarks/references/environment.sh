# Sourced by the scripts beside it, which run another library's models beside ours.

# fail TEXT
fail() {
  echo "$(basename "$0"): $1" >&2
  exit 1
}

# asks_for_help WORD…: whether one of them is --help or -h.
asks_for_help() {
  case " $* " in *" --help "* | *" -h "*) return 0 ;; esac
  return 1
}

# need_programs NAME…: ends where build/bin lacks one.
need_programs() {
  local program
  for program in "$@"; do
    [ -x "build/bin/$program" ] || fail "build/bin/$program is missing; run scripts/build.sh first"
  done
  mkdir -p build/benchmarks
}

# make_environment NAME LIBRARY PACKAGE…: build/NAME-venv with the packages and, without what else it asks for, the library; $python runs there.
make_environment() {
  local environment=build/$1-venv library=$2 log=build/benchmarks/$1-venv.log
  shift 2
  python=$environment/bin/python
  [ "$(cat "$environment/installed" 2>/dev/null)" != "$* $library" ] || return 0
  echo "$(basename "$0"): installing $library"
  {
    python3 -m venv "$environment" &&
      "$environment/bin/pip" install "$@" &&
      "$environment/bin/pip" install --no-deps "$library"
  } >"$log" 2>&1 || fail "installing $library failed (log: $log)"
  echo "$* $library" >"$environment/installed"
}
