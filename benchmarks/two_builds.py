#!/usr/bin/env python3
"""Trains the same recipes with the programs of two builds, one after the other, and compares the seconds of training.

    benchmarks/two_builds.py BUILD OTHER_BUILD [--repeats 7]

What cmake/Hardening.cmake costs, say: a build with -DHOURGLASS_HARDENED=OFF beside one with it. Run it on a quiet machine.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

CASES = [("dense_autoencoder", "digits-2d", 500), ("dense_autoencoder", "mnist-2d-relu", 1), ("dense_autoencoder", "fashion-deep-32", 1),
         ("variational_autoencoder", "fashion-vae-2d", 1)]


def seconds(build, program, recipe, epochs):
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder) / "run"
        subprocess.run([build / "bin" / program, "--recipe", recipe, "--epochs", str(epochs), "--no-figures", "--out", run],
                       check=True, stdout=subprocess.DEVNULL)
        return json.loads((run / "run.json").read_text())["results"]["training_seconds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("builds", nargs=2, type=pathlib.Path, metavar="BUILD")
    parser.add_argument("--repeats", type=int, default=7)
    choices = parser.parse_args()
    first, second = choices.builds
    print(f"| recipe, epochs | {first}: least (median), s | {second} | ratio of the least |\n|---|---|---|---|")
    for program, recipe, epochs in CASES:
        times = {build: [] for build in choices.builds}
        for _ in range(choices.repeats):
            for build in choices.builds:
                times[build].append(seconds(build, program, recipe, epochs))
        cells = [f"{min(times[build]):.3f} ({statistics.median(times[build]):.3f})" for build in choices.builds]
        print(f"| `{recipe}`, {epochs} | {cells[0]} | {cells[1]} | {min(times[second]) / min(times[first]):.3f} |", flush=True)


if __name__ == "__main__":
    main()
