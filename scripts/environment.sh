# Sourced by scripts that need Python packages, which they install into an environment of their own under build/.

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
}

# make_environment NAME PACKAGE… [--alone PACKAGE]: build/NAME-venv with the packages, and one without what it asks for; $python runs there.
# Says so and fails where they cannot be had. Its own variables have names that no script's constants have: Bash refuses a
# local variable of a read-only one's name.
make_environment() {
  local environment=build/$1-venv log=build/$1-venv.log wanted=${*:2} with_theirs=() without_theirs=()
  shift
  while [ $# -gt 0 ]; do
    if [ "$1" = --alone ]; then
      without_theirs=(--no-deps "$2")
      shift
    else
      with_theirs+=("$1")
    fi
    shift
  done
  python=$environment/bin/python
  [ "$(cat "$environment/installed" 2>/dev/null)" != "$wanted" ] || return 0
  echo "$(basename "$0"): installing $wanted into $environment"
  mkdir -p build
  {
    python3 -m venv "$environment" &&
      "$environment/bin/pip" install "${with_theirs[@]}" &&
      { [ ${#without_theirs[@]} -eq 0 ] || "$environment/bin/pip" install "${without_theirs[@]}"; }
  } >"$log" 2>&1 || {
    echo "$(basename "$0"): they could not all be installed (log: $log)" >&2
    return 1
  }
  echo "$wanted" >"$environment/installed"
}
