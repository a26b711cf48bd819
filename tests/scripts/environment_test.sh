#!/usr/bin/env bash
# Tests scripts/environment.sh as its users write it, with a python3 and a pip that install nothing and write down what they were asked for.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../scripts" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

failed() {
  echo "FAILED: $1" >&2
  exit 1
}

mkdir "$work/programs"
cat >"$work/programs/python3" <<'END'
#!/usr/bin/env bash
# python3 -m venv FOLDER
mkdir -p "$3/bin"
printf '#!/usr/bin/env bash\necho "$*" >>asked\nfor word; do [ "$word" != nowhere==1.0 ] || exit 1; done\n' >"$3/bin/pip"
chmod +x "$3/bin/pip"
END
chmod +x "$work/programs/python3"
export PATH=$work/programs:$PATH
cd "$work"
: >asked

# Constants with the names that the scripts give theirs, any of which a function's own variable would collide with.
for script in "$scripts"/*.sh "$scripts"/../benchmarks/*.sh "$scripts"/../benchmarks/*/*.sh; do
  grep -q '^source scripts/environment.sh' "$script" || continue
  sed -n 's/^readonly \([a-z_]*\)=.*/readonly \1=(constant)/p' "$script"
done | sort -u >constants
grep -q '^readonly packages=' constants || failed "no script was found that has packages"
# shellcheck disable=SC1091
source constants
source "$scripts/environment.sh"

make_environment whole one==1.0 two >/dev/null || failed "two packages could not be had"
[ "$(cat asked)" = "install one==1.0 two" ] || failed "expected one call of pip, found: $(cat asked)"
[ "$python" = build/whole-venv/bin/python ] || failed "expected the environment's Python, found: $python"

make_environment whole one==1.0 two
[ "$(wc -l <asked)" = 1 ] || failed "what is installed was installed again"

: >asked
make_environment parts one==1.0 --alone 'three<4' >/dev/null
[ "$(cat asked)" = $'install one==1.0\ninstall --no-deps three<4' ] || failed "expected a package alone, found: $(cat asked)"

if make_environment broken nowhere==1.0 >/dev/null 2>error; then failed "a package that cannot be had was no failure"; fi
grep -q 'could not all be installed (log: build/broken-venv.log)' error || failed "expected where the log is, found: $(cat error)"
[ ! -e build/broken-venv/installed ] || failed "what failed counts as installed"

echo "all tests of environment.sh passed"
