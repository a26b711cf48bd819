#!/usr/bin/env bash
# Fetches a public data set to where every program looks for it. A file gets its name when its checksum is right, so
# that an interrupted download is resumed, and never mistaken for the whole.
set -euo pipefail

usage() {
  cat <<'END'
Usage: scripts/download_data.sh mnist|fashion-mnist [--to DIR]

Fetches the four files of the data set into DIR/mnist or DIR/fashion-mnist.
DIR is the user's cache by default: $XDG_CACHE_HOME/hourglass, else ~/.cache/hourglass.

  --to DIR   another folder; give it to the programs as --data-dir or as $HOURGLASS_DATA
  --help     print this help and exit

HOURGLASS_MIRROR, when set, is the URL of the folder to fetch the files from.
END
}

fail() {
  echo "download_data.sh: $1" >&2
  exit 1
}

wrong_usage() {
  echo "download_data.sh: $1; --help shows the usage" >&2
  exit 2
}

# What to fetch: name, bytes, SHA-256.
files_of() {
  case $1 in
    mnist) cat <<'END' ;;
train-images-idx3-ubyte.gz 9912422 440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609
train-labels-idx1-ubyte.gz 28881 3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c
t10k-images-idx3-ubyte.gz 1648877 8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6
t10k-labels-idx1-ubyte.gz 4542 f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6
END
    fashion-mnist) cat <<'END' ;;
train-images-idx3-ubyte.gz 26421880 3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84
train-labels-idx1-ubyte.gz 29515 a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845
t10k-images-idx3-ubyte.gz 4422102 346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073
t10k-labels-idx1-ubyte.gz 5148 67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5
END
  esac
}

mirror_of() {
  case $1 in
    mnist) echo "https://ossci-datasets.s3.amazonaws.com/mnist" ;;
    fashion-mnist) echo "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com" ;;
  esac
}

has_checksum() {  # FILE SHA256
  [[ -f $1 ]] && [[ $(sha256sum <"$1") == "$2  -" ]]
}

with_curl() {  # URL FILE
  curl --fail --location --silent --show-error --connect-timeout 30 --speed-limit 1 --speed-time 60 \
    --continue-at - --output "$2" "$1" 2>&1
}

# Continues FILE where it ends, or begins it. Prints nothing but the reason of a failure.
fetch() {  # URL FILE
  local status=0
  if command -v curl >/dev/null; then
    with_curl "$1" "$2" || status=$?
    if ((status == 33)); then  # the server can only send the whole
      rm "$2"
      with_curl "$1" "$2"
      return
    fi
    return $status
  elif command -v wget >/dev/null; then
    wget --no-verbose --timeout=60 --tries=1 --continue --output-document="$2" "$1" 2>&1 | tail -n 1
  else
    echo "neither curl nor wget is installed"
    return 1
  fi
}

download() {  # URL FILE BYTES SHA256
  local url=$1 file=$2 bytes=$3 sha256=$4 part=$2.part reason
  # A part as long as the whole is complete or wrong; there is nothing to continue.
  if [[ -f $part ]] && (($(stat -c %s "$part") >= bytes)) && ! has_checksum "$part" "$sha256"; then
    rm "$part"
  fi
  if ! has_checksum "$part" "$sha256"; then
    reason=$(fetch "$url" "$part") || fail "cannot fetch $url: $reason; run again to continue"
    if ! has_checksum "$part" "$sha256"; then
      rm -f "$part"
      fail "$url: expected SHA-256 $sha256, found other content; it was thrown away"
    fi
  fi
  mv "$part" "$file"
}

set_name= folder=
while (($# > 0)); do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --to) (($# > 1)) || wrong_usage "--to: expected a folder"; folder=$2; shift ;;
    --to=*) folder=${1#--to=} ;;
    mnist | fashion-mnist) [[ -z $set_name ]] || wrong_usage "expected one data set, found two"; set_name=$1 ;;
    *) wrong_usage "expected mnist or fashion-mnist, found '$1'" ;;
  esac
  shift
done
[[ -n $set_name ]] || wrong_usage "expected mnist or fashion-mnist"
if [[ -z $folder ]]; then
  [[ -n ${XDG_CACHE_HOME:-}${HOME:-} ]] || fail "neither XDG_CACHE_HOME nor HOME is set; use --to DIR"
  folder=${XDG_CACHE_HOME:-$HOME/.cache}/hourglass
fi
folder=$folder/$set_name
mirror=${HOURGLASS_MIRROR:-$(mirror_of "$set_name")}

reason=$(mkdir -p "$folder" 2>&1) || fail "$reason"
while read -r name bytes sha256; do
  if has_checksum "$folder/$name" "$sha256"; then
    echo "$name: already there"
    continue
  fi
  echo "$name: fetching $((bytes / 1024 + 1)) KiB"
  download "${mirror%/}/$name" "$folder/$name" "$bytes" "$sha256"
done < <(files_of "$set_name")
echo "$set_name is in $folder"
