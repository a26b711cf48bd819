#!/usr/bin/env python3
"""Trains, kills, resumes, exports and judges for hours, with systems and options drawn at random.

    scripts/soak.py build/bin --minutes 360 [--seed 7]

Each round draws a recipe on the embedded data and options that change how a run goes, but not where it ends; trains it once undisturbed and
once with up to three kills (SIGKILL) or interrupts (SIGINT), each followed by `--resume`. Both must end with the same bytes, and
every tool must take the model: `inspect`, `evaluate`, `encode`, `export` in all formats, `detect_anomalies`. A line for each round; the first
that breaks a promise is kept, with its folder, and ends the soak with exit code 1.
"""

import argparse
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kill_sweep import contents

# Some hundred steps of training each, so that a round takes seconds.
EPOCHS = {"digits-vq": 3, "digits-one-class": 120, "digits-aae": 10, "digits-contractive": 15, "digits-conv": 8, "digits-denoise": 8, "digits-rows": 10}

class Broken(Exception):
    """A promise that did not hold."""


def embedded_recipes(programs):
    """(program, recipe) of what trains on data that programs have within them."""
    found = []
    for program in sorted(programs.glob("*_autoencoder")):
        listed = subprocess.run([program, "--list-recipes"], capture_output=True, text=True, check=True).stdout
        found += [(program.name, name) for name in re.findall(r"^((?:digits|iris)-[a-z0-9-]+)", listed, re.MULTILINE)]
    return found


class Round:
    def __init__(self, programs, recipes, folder, draw, longest):
        self.programs, self.folder, self.draw, self.longest = programs, folder, draw, longest
        self.program, self.recipe = draw.choice(recipes)
        self.options = ["--recipe", self.recipe, "--epochs", str(EPOCHS.get(self.recipe, 40)), "--seed", str(draw.randrange(1000)),
                        "--threads", draw.choice("12"), "--engine", draw.choice(["auto", "autograd"]),
                        "--keep-best", draw.choice("02"), "--save-parts", "safetensors"]

    def __str__(self):
        return f"{self.program} {' '.join(self.options)}"

    def train(self, run, seconds=None, how=None):
        """Begins or goes on; ends it by a signal after so many seconds. Whether it came to its end."""
        where = ["--resume", run] if (run / "run.json").exists() else ["--out", run, *self.options]
        process = subprocess.Popen([self.programs / self.program, *where, "--no-figures", "--quiet", "--checkpoint-interval",
                                    self.draw.choice(["0", "0.1", "10"])],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            output = process.communicate(timeout=self.longest if seconds is None else seconds)[0]
        except subprocess.TimeoutExpired:
            process.send_signal(how or signal.SIGKILL)
            output = process.communicate()[0]
            if seconds is None:
                raise Broken(f"did not end within {self.longest} s") from None
            if process.returncode in (-signal.SIGKILL, 130, 0):
                return False
        if process.returncode != 0:
            raise Broken(f"exit code {process.returncode}: {output.strip()[-300:]}")
        return True

    def tool(self, name, *line):
        ended = subprocess.run([self.programs / name, *line], capture_output=True, text=True, timeout=self.longest)
        if ended.returncode != 0:
            raise Broken(f"{name}: exit code {ended.returncode}: {ended.stderr.strip()[-300:]}")

    def use(self, run):
        model = run / "best.pt"
        self.tool("inspect", model)
        self.tool("evaluate", model, "--quiet")
        self.tool("encode", model, "--out", run / "codes.npy", "--quiet")
        self.tool("export", model, "--format", "pt2,onnx,safetensors,torchscript", "--out", run / "exported")
        self.tool("detect_anomalies", model, "--out", run / "judged", "--quiet")

    def go(self):
        whole, disturbed = self.folder / "whole", self.folder / "disturbed"
        begun = time.monotonic()
        self.train(whole)
        seconds = time.monotonic() - begun
        stops = self.draw.randrange(4)
        for _ in range(stops):
            self.train(disturbed, self.draw.uniform(0, seconds), self.draw.choice([signal.SIGKILL, signal.SIGINT]))
        self.train(disturbed)
        expected, found = contents(whole), contents(disturbed)
        different = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        if different:
            raise Broken("differ from an undisturbed run: " + ", ".join(different))
        self.use(disturbed)
        return stops


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=Path, help="the folder of the programs, build/bin")
    parser.add_argument("--minutes", type=float, default=360)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=120, help="seconds within which a program has to end: more beside other work")
    asked = parser.parse_args()
    programs = asked.programs.resolve()
    recipes = embedded_recipes(programs)
    draw, rounds, stops = random.Random(asked.seed), 0, 0
    end = time.monotonic() + 60 * asked.minutes
    while time.monotonic() < end:
        folder = Path(tempfile.mkdtemp(prefix="soak-"))
        one = Round(programs, recipes, folder, draw, asked.longest)
        try:
            stops += one.go()
        except (Broken, subprocess.TimeoutExpired) as problem:
            print(f"round {rounds + 1}: {one}\n  {problem}\n  kept in {folder}")
            return 1
        rounds += 1
        print(f"round {rounds}: {one}: well", flush=True)
        shutil.rmtree(folder)
    print(f"{rounds} rounds, {stops} kills and interrupts, seed {asked.seed}: no promise broken")
    return 0


if __name__ == "__main__":
    sys.exit(main())
