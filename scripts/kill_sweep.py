#!/usr/bin/env python3
"""Kills training runs, resumes them, and compares them with uninterrupted ones.

    scripts/kill_sweep.py build/bin            # 100 kills over all systems below
    scripts/kill_sweep.py build/bin --kills 1000 --seed 7 --only dense
    scripts/kill_sweep.py build/bin --at-calls --most 8

Each run trains on the embedded digits. It is killed (SIGKILL) at a moment drawn evenly from the time
that it needs, start and end included, and resumed, several times over; then it is left to end. With
--at-calls a run of three epochs, with a checkpoint after each, is killed before every write, flush
and renaming that it makes, one after the other (--most takes so many of a kind, evenly spread): these are all the
moments at which what is on the disk differs. The
state, both models and the metrics but for their seconds have to be those of a run that nobody
disturbed, byte for byte, and no temporary file may be left. Exit code 1 where one is not.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fault_sweep import read_counts, spread

# name -> program and options; about a second of training each.
SYSTEMS = {
    "dense": ("dense_autoencoder", ["--epochs", "1000"]),
    "dense-autograd": ("dense_autoencoder", ["--epochs", "15", "--engine", "autograd"]),
    "dense-keep-best": ("dense_autoencoder", ["--epochs", "500", "--keep-best", "3"]),
    "conditional": ("conditional_autoencoder", ["--epochs", "200"]),
    "contractive": ("contractive_autoencoder", ["--epochs", "40"]),
    "denoising": ("denoising_autoencoder", ["--epochs", "150", "--network", "dense"]),
    "variational": ("variational_autoencoder", ["--epochs", "300", "--validation", "split:0.2"]),
    "convolutional": ("convolutional_autoencoder", ["--epochs", "20"]),
    "adversarial": ("adversarial_autoencoder", ["--epochs", "20"]),
    "vector-quantized": ("vector_quantized_autoencoder", ["--epochs", "4"]),
    "importance-weighted": ("importance_weighted_autoencoder", ["--epochs", "100"]),
    "one-class": ("one_class_autoencoder", ["--epochs", "60", "--pretraining-epochs", "30"]),
    "regularized": ("regularized_autoencoder", ["--epochs", "100"]),
    "supervised": ("supervised_autoencoder", ["--epochs", "40"]),
    "lstm": ("lstm_autoencoder", ["--epochs", "30"]),
    "sparse": ("sparse_autoencoder", ["--epochs", "200"]),
    "sparse-dictionary": ("sparse_autoencoder", ["--epochs", "60", "--sparsity", "batch-topk:8", "--widths", "256"]),
    "flow-two-layers": ("variational_autoencoder", ["--epochs", "15", "--widths", "32,4", "--posterior", "iaf:2", "--prior", "layer:8,4"]),
    "dropout": ("dense_autoencoder", ["--epochs", "40", "--unit-length", "--input-dropout", "0.3"]),
    "wasserstein": ("wasserstein_autoencoder", ["--epochs", "60"]),
}
BEGIN = ["--threads", "1"]
COMMON = ["--no-figures", "--quiet"]
INTERVALS = ["0", "0.01", "0.1", "1"]  # seconds between checkpoints
KILLS_OF_A_RUN = 5
CHANGING_CALLS = ["write", "fsync", "rename"]
EPOCHS_AT_CALLS = 3


class Sweep:
    def __init__(self, programs, folder, seed, epochs=0):
        """`epochs`: runs are stopped after so many."""
        self.programs = programs
        self.folder = folder
        self.random = random.Random(seed)
        self.common = [*COMMON, "--stop-after", str(epochs)]
        self.kills = {"before run.json": 0, "before the first checkpoint": 0, "later": 0}
        self.runs = 0
        self.too_late = 0
        self.notes = 0
        self.problems = []
        self.references = {}

    def start(self, system, run, interval, **environment):
        program, options = SYSTEMS[system]
        where = ["--resume", run] if os.path.exists(os.path.join(run, "run.json")) else ["--out", run, *options, *BEGIN]
        return subprocess.Popen(
            [os.path.join(self.programs, program), *where, *self.common, "--checkpoint-interval", interval],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **environment},
        )

    def finish(self, system, run):
        process = self.start(system, run, "10")
        output = process.communicate()[0]
        if process.returncode != 0:
            self.problems.append(f"{system}: exit code {process.returncode}: {output.strip()}")
        self.notes += output.count("made again from") + output.count("the checkpoint before")
        return process.returncode == 0

    def reference(self, system):
        if system not in self.references:
            run = os.path.join(self.folder, "whole-" + system)
            begun = time.monotonic()
            if not self.finish(system, run):
                sys.exit(self.problems[-1])
            self.references[system] = (contents(run), time.monotonic() - begun)
        return self.references[system]

    def kill_at_random(self, systems, kills):
        while sum(self.kills.values()) < kills and not self.problems:
            self.disturb(systems[self.runs % len(systems)], kills - sum(self.kills.values()))

    def disturb(self, system, most_kills):
        """One run, killed several times at random."""
        expected, seconds = self.reference(system)
        run = os.path.join(self.folder, "killed")
        for _ in range(min(KILLS_OF_A_RUN, most_kills)):
            process = self.start(system, run, self.random.choice(INTERVALS))
            try:
                output = process.communicate(timeout=self.random.uniform(0, seconds))[0]
                self.too_late += 1
                if process.returncode != 0:
                    self.problems.append(f"{system}: exit code {process.returncode}: {output.strip()}")
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                self.count_kill(run)
        self.compare(system, run, expected)

    def kill_at_calls(self, system, most):
        """Runs, each killed before another call that changes what is on the disk."""
        preloaded = {"LD_PRELOAD": str(Path(self.programs).resolve().parent / "tests/libfailing_calls.so")}
        counted = os.path.join(self.folder, "counts")
        expected, _ = self.reference(system)
        run = os.path.join(self.folder, "killed")
        self.start(system, run, "0", FAILING_CALL_COUNTS=counted, **preloaded).communicate()
        shutil.rmtree(run)
        counts = read_counts(Path(counted))
        for call in CHANGING_CALLS:
            for number in spread(counts[call], most):
                process = self.start(system, run, "0", KILLING_CALL=f"{call}:{number}", **preloaded)
                output = process.communicate()[0]
                if process.returncode != -signal.SIGKILL:
                    self.problems.append(f"{system}: not killed at {call} {number} of {counts[call]}: {output.strip()}")
                self.count_kill(run)
                self.compare(system, run, expected, f", killed before {call} {number} of {counts[call]}")

    def compare(self, system, run, expected, how=""):
        """Lets the run end, which then has to be as expected."""
        if self.finish(system, run):
            found = contents(run)
            for name in sorted(expected.keys() | found.keys()):
                if expected.get(name) != found.get(name):
                    self.problems.append(f"{system}{how}: {name} is not that of an uninterrupted run")
        self.runs += 1
        shutil.rmtree(run, ignore_errors=True)

    def count_kill(self, run):
        if os.path.exists(os.path.join(run, "last.safetensors")):
            self.kills["later"] += 1
        elif os.path.exists(os.path.join(run, "run.json")):
            self.kills["before the first checkpoint"] += 1
        else:
            self.kills["before run.json"] += 1


def contents(run):
    """What has to be the same: bytes by name. Records of when and how long are left out."""
    files = {}
    for name in os.listdir(run):
        if name in ("run.json", ".lock", "last.previous.safetensors"):
            continue
        with open(os.path.join(run, name), "rb") as file:
            files[name] = file.read()
    rows = files["metrics.csv"].splitlines()
    files["metrics.csv"] = [row[: row.rindex(b",")] for row in rows]
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", help="the folder of the programs, build/bin")
    parser.add_argument("--kills", type=int, default=100, help="how many in all")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--at-calls", action="store_true", help="at each call that changes a file, instead of random moments")
    parser.add_argument("--most", type=int, default=0, help="calls of a kind in a system; 0: each (default: 0)")
    parser.add_argument("--only", default=",".join(SYSTEMS), help="systems, with commas: " + ", ".join(SYSTEMS))
    arguments = parser.parse_args()
    systems = arguments.only.split(",")
    with tempfile.TemporaryDirectory() as folder:
        sweep = Sweep(arguments.programs, folder, arguments.seed, epochs=EPOCHS_AT_CALLS if arguments.at_calls else 0)
        if arguments.at_calls:
            for system in systems:
                sweep.kill_at_calls(system, arguments.most)
        else:
            sweep.kill_at_random(systems, arguments.kills)
    moments = "before each call" if arguments.at_calls else f"seed {arguments.seed}"
    print(f"{sum(sweep.kills.values())} kills of {sweep.runs} runs of {len(systems)} systems, {moments}")
    for when, count in sweep.kills.items():
        print(f"  {when}: {count}")
    print(f"  ended before their kill: {sweep.too_late}")
    print(f"  repaired with a note: {sweep.notes}")
    for problem in sweep.problems:
        print(problem)
    print("all ended with the bits of an uninterrupted run" if not sweep.problems else "FAILED")
    return 1 if sweep.problems else 0


if __name__ == "__main__":
    sys.exit(main())
