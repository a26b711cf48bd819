#!/usr/bin/env bash
# Tests scripts/download_data.sh against a server on this machine, which hands out the real MNIST of $HOURGLASS_DATA.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
script=$here/../../scripts/download_data.sh
mnist=${HOURGLASS_DATA:-}/mnist
names=(train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz)

skip() {
  echo "SKIPPED: needs $1"
  exit 0
}
for name in "${names[@]}"; do
  [[ -f $mnist/$name ]] || skip "mnist/$name: set HOURGLASS_DATA to the folder that has it"
done
command -v python3 >/dev/null || skip "python3, which runs the server"

work=$(mktemp -d)
server=
finish() {
  [[ -z $server ]] || kill "$server"
  rm -rf "$work"
}
trap finish EXIT

# --- helpers ---

failed() {
  echo "FAILED: $1" >&2
  [[ ! -f $work/output ]] || sed 's/^/  /' "$work/output" >&2
  exit 1
}

# Runs the script with the server's folder FROM as its mirror; expects the exit code.
run() {  # EXIT_CODE FROM ARGUMENT…
  local expected=$1 from=$2 code=0
  shift 2
  : >"$work/requests"
  HOURGLASS_MIRROR=http://127.0.0.1:$port/$from "$script" "$@" >"$work/output" 2>&1 || code=$?
  ((code == expected)) || failed "$*: expected exit code $expected, found $code"
}

says() { grep -q -- "$1" "$work/output" || failed "expected output with '$1'"; }
requests() { wc -l <"$work/requests"; }
is_whole() { cmp -s "$mnist/$2" "$1/mnist/$2" || failed "$1/mnist/$2 is not the whole file"; }
is_absent() { [[ ! -e $1 ]] || failed "$1 should not be there"; }

# --- the server: it can send a part of a file, and writes down what it was asked for ---

mkdir "$work/site"
ln -s "$mnist" "$work/site/good"
cp -r "$mnist" "$work/site/broken"
chmod -R u+w "$work/site/broken"
printf 'X' | dd of="$work/site/broken/train-labels-idx1-ubyte.gz" bs=1 seek=1000 conv=notrunc status=none
mkdir "$work/site/partial"
ln -s "$mnist/train-images-idx3-ubyte.gz" "$work/site/partial/"

cat >"$work/server.py" <<'END'
import http.server, os, sys

site, log, port_file = sys.argv[1:4]

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = self.headers.get("Range", "")
        with open(log, "a") as file:
            print(self.path, wanted, file=file)
        path = site + self.path.replace("/whole/", "/good/")
        if not os.path.isfile(path):
            return self.send_error(404)
        content = open(path, "rb").read()
        start = 0
        if wanted and not self.path.startswith("/whole/"):
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            if start >= len(content):
                return self.send_error(416)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        try:
            self.wfile.write(content[start:])
        except ConnectionError:
            pass  # the client hangs up when it is sent the whole but wants the rest

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(port_file + ".new", "w") as file:
    print(server.server_port, file=file)
os.rename(port_file + ".new", port_file)
server.serve_forever()
END
python3 "$work/server.py" "$work/site" "$work/requests" "$work/port" &
server=$!
for ((i = 0; i < 100; ++i)); do
  [[ -f $work/port ]] && break
  sleep 0.1
done
port=$(<"$work/port")

# --- usage ---

run 0 good --help
says "Usage: "
run 2 good
says "expected mnist or fashion-mnist"
run 2 good minst
says "found 'minst'"
run 2 good mnist --to
run 2 good mnist fashion-mnist
(($(requests) == 0)) || failed "wrong usage must fetch nothing"

# --- all files, into the cache ---

export XDG_CACHE_HOME=$work/cache
run 0 good mnist
for name in "${names[@]}"; do is_whole "$work/cache/hourglass" "$name"; done
says "mnist is in $work/cache/hourglass/mnist"
(($(requests) == 4)) || failed "expected 4 requests, found $(requests)"

# --- once more: nothing to fetch ---

run 0 good mnist
says "already there"
(($(requests) == 0)) || failed "expected no request, found $(requests)"

# --- HOME where XDG_CACHE_HOME is not set ---

(
  unset XDG_CACHE_HOME
  export HOME=$work/home
  run 0 good mnist
  is_whole "$work/home/.cache/hourglass" "${names[0]}"
)

# --- an interrupted download goes on where it stopped ---

mkdir -p "$work/a/mnist"
head -c 5000000 "$mnist/${names[0]}" >"$work/a/mnist/${names[0]}.part"
run 0 good mnist --to "$work/a"
is_whole "$work/a" "${names[0]}"
is_absent "$work/a/mnist/${names[0]}.part"
grep -q "${names[0]} bytes=5000000-" "$work/requests" || failed "expected a request for the rest"

# --- also where the server can only send the whole ---

mkdir -p "$work/b/mnist"
head -c 5000000 "$mnist/${names[0]}" >"$work/b/mnist/${names[0]}.part"
run 0 whole mnist --to "$work/b"
is_whole "$work/b" "${names[0]}"

# --- a part that is complete needs no request; one that is too long is thrown away ---

mkdir -p "$work/c/mnist"
cp "$mnist/${names[0]}" "$work/c/mnist/${names[0]}.part"
{ cat "$mnist/${names[1]}"; echo surplus; } >"$work/c/mnist/${names[1]}.part"
run 0 good mnist --to "$work/c"
for name in "${names[@]}"; do is_whole "$work/c" "$name"; done
(($(requests) == 3)) || failed "expected 3 requests, found $(requests)"

# --- wrong content is never kept ---

run 1 broken mnist --to "$work/d"
says "train-labels-idx1-ubyte.gz: expected SHA-256 3552534a"
is_whole "$work/d" "${names[0]}"
is_absent "$work/d/mnist/${names[1]}"
is_absent "$work/d/mnist/${names[1]}.part"
run 0 good mnist --to "$work/d"
is_whole "$work/d" "${names[1]}"

# --- a file of wrong content under the final name is replaced ---

echo "<html>" >"$work/d/mnist/${names[2]}"
run 0 good mnist --to "$work/d"
is_whole "$work/d" "${names[2]}"

# --- files that are not there ---

run 1 partial mnist --to "$work/e"
says "cannot fetch .*train-labels-idx1-ubyte.gz: .*404"
(($(wc -l <"$work/output") == 3)) || failed "expected one line of error"
is_whole "$work/e" "${names[0]}"
is_absent "$work/e/mnist/${names[1]}"

# --- no curl ---

if command -v wget >/dev/null; then
  mkdir "$work/bin" "$work/f" "$work/f/mnist"
  for tool in bash cat env mkdir mv rm sha256sum stat tail wget; do
    ln -s "$(command -v "$tool")" "$work/bin/"
  done
  head -c 5000000 "$mnist/${names[0]}" >"$work/f/mnist/${names[0]}.part"
  PATH=$work/bin HOURGLASS_MIRROR=http://127.0.0.1:$port/good "$script" mnist --to "$work/f" \
    >"$work/output" 2>&1 || failed "wget: expected exit code 0"
  for name in "${names[@]}"; do is_whole "$work/f" "$name"; done
else
  echo "wget is not installed: not tested"
fi

# --- no server ---

mkdir -p "$work/g/mnist"
head -c 1000 "$mnist/${names[0]}" >"$work/g/mnist/${names[0]}.part"
kill "$server"
wait "$server" 2>/dev/null || true
server=
run 1 good mnist --to "$work/g"
says "cannot fetch http://127.0.0.1:$port/good/${names[0]}"
(($(stat -c %s "$work/g/mnist/${names[0]}.part") == 1000)) || failed "the part must be kept"
is_absent "$work/g/mnist/${names[0]}"

echo "all tests of download_data.sh passed"
