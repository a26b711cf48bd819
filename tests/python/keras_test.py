"""Imports models that Keras saved, and compares what they compute: python keras_test.py BIN [KERAS_PYTHON]

The models are made by a Python that has Keras (this one, or KERAS_PYTHON; scripts/test.sh makes one); this one has torch.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch

TOLERANCE = 1e-5


def make_models(folder):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keras_models.py")
    # Keras itself asks for TensorFlow where nothing is said.
    with_jax = {**os.environ, "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "jax")}
    for python in [sys.executable, *sys.argv[2:]]:
        if os.path.exists(python) and subprocess.run([python, "-c", "import keras"], env=with_jax, capture_output=True).returncode == 0:
            made = subprocess.run([python, script, folder], capture_output=True, text=True)
            if made.returncode == 77:
                print(made.stdout, end="")
                sys.exit(77)
            if made.returncode != 0:
                sys.exit(f"keras_models.py failed:\n{made.stderr}")
            return
    print("SKIPPED: no Python here imports keras")
    sys.exit(77)


def channels_first(values):
    return np.moveaxis(values, -1, 1) if values.ndim == 4 else values


def expect_equal(what, actual, expected):
    if actual.shape != expected.shape:
        sys.exit(f"{what}: expected shape {expected.shape}, found {actual.shape}")
    worst = np.abs(actual - expected).max() / max(1, np.abs(expected).max())
    if not worst <= TOLERANCE:
        sys.exit(f"{what}: differs from Keras by {worst}")
    print(f"ok: {what} (differs by {worst:.1g})")


def expect_keras_numbers(name, checkpoint, numbers):
    model = torch.jit.load(checkpoint)
    x = torch.from_numpy(np.ascontiguousarray(channels_first(numbers["inputs"])))
    for batch in (1, 2, 33):
        for method in ("forward", "encode"):
            actual = getattr(model, method)(x[:batch]).detach().numpy()
            expected = channels_first(numbers[method])[:batch]
            if method == "encode" and actual.ndim == 4 and expected.ndim == 2:
                # A vector that becomes a map: [C, H, W] here, and Keras' is [H, W, C] in a row.
                actual = np.moveaxis(actual, 1, -1).reshape(batch, -1)
            expect_equal(f"{name}, {method} of {batch}", actual, expected)


def main():
    program = os.path.join(sys.argv[1], "import")
    with tempfile.TemporaryDirectory() as folder:
        make_models(folder)
        for file in sorted(os.listdir(folder)):
            if not file.endswith(".npz"):
                continue
            name = file[: -len(".npz")]
            path = os.path.join(folder, name)
            numbers = np.load(path + ".npz")
            ways = {
                "archive": [path + ".keras"],
                "weights": [path + ".json", "--weights", path + ".weights.h5"],
                "named code": [path + ".keras", "--code", str(numbers["code"])],
            }
            for way, arguments in ways.items():
                checkpoint = f"{path}-{way}.pt"
                subprocess.run([program, *arguments, "--out", checkpoint, "--quiet"], check=True, stdout=subprocess.DEVNULL)
                expect_keras_numbers(f"{name} by {way}", checkpoint, numbers)
            told = subprocess.run([os.path.join(sys.argv[1], "inspect"), checkpoint, "--json"], check=True, capture_output=True)
            assert json.loads(told.stdout), name


if __name__ == "__main__":
    main()
