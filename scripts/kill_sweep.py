#!/usr/bin/env python3
"""Kills training runs at random moments, resumes them, and compares them with uninterrupted ones.

    scripts/kill_sweep.py build/bin            # 100 kills over all systems below
    scripts/kill_sweep.py build/bin --kills 1000 --seed 7 --only dense

Each run trains on the embedded digits. It is killed (SIGKILL) at a moment drawn evenly from the time
that it needs, start and end included, and resumed, several times over; then it is left to end. The
state, both models and the metrics but for their seconds have to be those of a run that nobody
disturbed, byte for byte, and no temporary file may be left. Exit code 1 where one is not.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

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


class Sweep:
    def __init__(self, programs, folder, seed):
        self.programs = programs
        self.folder = folder
        self.random = random.Random(seed)
        self.kills = {"before run.json": 0, "before the first checkpoint": 0, "later": 0}
        self.runs = 0
        self.too_late = 0
        self.notes = 0
        self.problems = []
        self.references = {}

    def start(self, system, run, interval):
        program, options = SYSTEMS[system]
        where = ["--resume", run] if os.path.exists(os.path.join(run, "run.json")) else ["--out", run, *options, *BEGIN]
        return subprocess.Popen(
            [os.path.join(self.programs, program), *where, *COMMON, "--checkpoint-interval", interval],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
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

    def disturb(self, system, most_kills):
        """One run, killed several times."""
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
        if self.finish(system, run):
            found = contents(run)
            for name in sorted(expected.keys() | found.keys()):
                if expected.get(name) != found.get(name):
                    self.problems.append(f"{system}: {name} is not that of an uninterrupted run")
        self.runs += 1
        if not self.problems:
            shutil.rmtree(run)

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
    parser.add_argument("--only", default=",".join(SYSTEMS), help="systems, with commas: " + ", ".join(SYSTEMS))
    arguments = parser.parse_args()
    systems = arguments.only.split(",")
    with tempfile.TemporaryDirectory() as folder:
        sweep = Sweep(arguments.programs, folder, arguments.seed)
        while sum(sweep.kills.values()) < arguments.kills and not sweep.problems:
            system = systems[sweep.runs % len(systems)]
            sweep.disturb(system, arguments.kills - sum(sweep.kills.values()))
    print(f"{sum(sweep.kills.values())} kills of {sweep.runs} runs of {len(systems)} systems, seed {arguments.seed}")
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
