#!/usr/bin/env bash
# Makes the files that fuzzing begins with, of the programs in build/bin and of Python (torch, numpy). What fuzzing found lies
# beside them under names that begin with "found-", and stays.
#
#   PYTHON=… tests/fuzz/make_corpus.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
readonly corpus=$PWD/tests/fuzz/corpus bin=$PWD/build/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find "$corpus" -type f ! -name 'found-*' -delete
cd "$work"

# put READER NAME FILE
put() {
  mkdir -p "$corpus/$1"
  cp "$3" "$corpus/$1/$2"
}

printf 'a,b,label\n1,2.5,x\n-3e2,4,y\n5,6,x\n' >table.csv
printf 'a;b\n1,5;2\n3;"4,25"\n' >comma.csv
printf 'colour,when,on,size\nred,2024-05-01,yes,1\n"blue, dark",2024-05-02 12:30,no,\nred,,yes,3\n' >mixed.csv
printf 'time,a,b\n2024-05-01T00:00:00Z,1,2\n2024-05-01T00:05:00Z,,3\n2024-05-01T00:20:00Z,4,5\n' >series.csv
printf 't,b,a\n1,2,3\n{"a":1,"b":2,"t":"x"}\n[1,2,3]\na,b\n4,5\n' >stream.txt
printf 'user_id:token\titem_id:token\trating:float\nanna\tup\t5\nanna\tjaws\t3\nben\tup\t4\nben\tup\t2\n' >users.inter
put csv table table.csv
put csv comma comma.csv
put table mixed mixed.csv
put table comma comma.csv
put interactions users users.inter
put series series series.csv
put stream stream stream.txt
word=0
for text in '0-99,150' 'age >= 30 and label == 7' 'tail:0.0001' '2024-05-01T12:30:15Z' '-1.5e-300' '3,5,7' 'not (row < 3) or column2 != 1e3'; do
  printf '%s' "$text" >word
  put words "$((++word))" word
done

"$bin/dense_autoencoder" --dataset csv:table.csv --label-column 2 --widths 2 --epochs 1 --batch-size 2 --threads 1 --no-figures --quiet \
  --validation none --save-parts safetensors --out run >/dev/null
put torchscript best.pt run/best.pt
put weights best.pt run/best.pt
put pt2 best.pt2 run/best.pt2
put state last.safetensors run/last.safetensors
put safetensors best.safetensors run/best.safetensors
put weights best.safetensors run/best.safetensors
put metrics metrics.csv run/metrics.csv
put run_record run.json run/run.json
put options run.json run/run.json
printf '{"recipe": "digits-2d", "epochs": 20, "widths": [32, 2], "learning-rate": 1e-3}' >options.json
put options written options.json
put card card.json run/card.json
"$bin/export" run/best.pt --format onnx --out onnx >/dev/null
put onnx best.onnx onnx/best.onnx
"$bin/retrieve" run/best.pt --dataset csv:table.csv --label-column 2 --query 0 --save-index index.npz --out retrieved >/dev/null 2>&1 || true
"$bin/activations" run/best.pt --dataset csv:table.csv --label-column 2 --indices 0,1 --gradients --save activations.npz >/dev/null 2>&1 || true
"$bin/detect_anomalies" run/best.pt --dataset csv:table.csv --label-column 2 --save-threshold limit.json --out found --quiet >/dev/null
"$bin/detect_anomalies" run/best.pt --dataset csv:table.csv --label-column 2 --score mahalanobis --save-threshold far.json \
  --out found --force --quiet >/dev/null
put threshold limit.json limit.json
put threshold far.json far.json
printf 't,a,b\n2024-05-01T00:00:00Z,1,2\n2024-05-01T00:05:00Z,2,3\n2024-05-01T00:10:00Z,5,4\n' >followed.csv
for rule in running:5,120 spot:0.01 dspot:0.001,2; do
  # Follows the file until it is told to stop.
  timeout --signal INT 2 "$bin/detect_anomalies" run/best.pt --follow followed.csv --time-column t --load-threshold limit.json \
    --adapt "$rule" --state "${rule%%:*}.json" --out "${rule%%:*}.csv" --quiet || true
  put stream_state "${rule%%:*}.json" "${rule%%:*}.json"
done
for kind in index activations; do
  if [ -f "$kind.npz" ]; then put "$kind" "$kind.npz" "$kind.npz" && put npz "$kind.npz" "$kind.npz"; fi
done

"${PYTHON:-python3}" - <<'PYTHON'
import gzip, io, json, zipfile
import numpy as np, torch

images = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2]) + bytes(range(8))
open("images.idx", "wb").write(images)
open("images.gz", "wb").write(gzip.compress(images, mtime=0))
np.save("float.npy", np.arange(6, dtype="<f4").reshape(2, 3))
np.save("half.npy", np.arange(4, dtype="<f2"))
np.savez("two.npz", X=np.ones((2, 3), "<f4"), y=np.arange(2))
torch.save({"weight": torch.ones(2, 3), "bias": torch.zeros(2)}, "state.pt")
with zipfile.ZipFile("state.pt") as archive:
    name = next(n for n in archive.namelist() if n.endswith("data.pkl"))
    open("state.pkl", "wb").write(archive.read(name))
open("keras.json", "w").write(json.dumps({
    "class_name": "Sequential",
    "config": {"name": "s", "layers": [
        {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 4]}},
        {"class_name": "Dense", "config": {"name": "d", "units": 2, "activation": "relu", "use_bias": True}},
        {"class_name": "Dense", "config": {"name": "e", "units": 4, "activation": "linear", "use_bias": True}}]}}))
PYTHON
put idx images images.idx
put idx images.gz images.gz
put npy float.npy float.npy
put npy half.npy half.npy
put npz two.npz two.npz
put weights state.pt state.pt
put pickle state.pkl state.pkl
put keras keras.json keras.json

# Keras and Pillow are in the environment of the tests, build/test-venv.
KERAS_BACKEND=jax "${KERAS_PYTHON:-$bin/../test-venv/bin/python}" - 2>/dev/null <<'PYTHON'
import keras
import numpy as np
from PIL import Image

pixels = np.arange(6 * 5 * 3, dtype=np.uint8).reshape(6, 5, 3)
Image.fromarray(pixels).save("color.png")
Image.fromarray(pixels[:, :, 0]).save("grey.png")
Image.fromarray(pixels).save("color.jpg")
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2, activation="relu"), keras.layers.Dense(4)])
model.save("model.keras")
model.save_weights("model.weights.h5")
PYTHON
put keras model.keras model.keras
put hdf5 weights model.weights.h5
for image in color.png grey.png color.jpg; do put image $image $image; done
du -sh "$corpus"
