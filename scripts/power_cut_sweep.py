#!/usr/bin/env python3
"""Goes on with runs from what a power cut would have left of them on the disk.

    sudo scripts/power_cut_sweep.py build/bin            # 20 cuts

A run trains in a file system of its own (ext4 in a file). At a random moment the file is copied: what
the system still held in memory is not in it, as after a power cut. The copy is mounted, the run in it
resumed, and its state compared with an uninterrupted run's, byte for byte. Needs root, for mounting,
and mkfs.ext4. Exit code 1 where a run does not go on, or ends otherwise.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

OPTIONS = ["--epochs", "3000", "--threads", "1"]
LATEST = 2.5  # seconds: about as long as the run takes


def mounted(image, folder):
    subprocess.run(["mount", "-o", "loop", image, folder], check=True)


def train(program, arguments):
    return subprocess.run([program, *arguments, "--no-figures", "--quiet"], capture_output=True, text=True)


def read(*parts):
    with open(os.path.join(*parts), "rb") as file:
        return file.read()


def cut(program, folder, moment):
    """What is wrong with a run after a power cut at that moment; None: nothing."""
    disk, copy, image = (os.path.join(folder, name) for name in ("disk", "copy", "disk.img"))
    shutil.rmtree(os.path.join(disk, "run"), ignore_errors=True)
    os.sync()
    process = subprocess.Popen(
        [program, *OPTIONS, "--out", os.path.join(disk, "run"), "--checkpoint-interval", "0.05", "--no-figures"],
        stdout=subprocess.DEVNULL,
    )
    time.sleep(moment)
    shutil.copyfile(image, image + "2")
    process.kill()
    process.wait()
    mounted(image + "2", copy)
    try:
        run = os.path.join(copy, "run")
        begun = os.path.exists(os.path.join(run, "run.json"))
        result = train(program, ["--resume", run] if begun else [*OPTIONS, "--out", run])
        if result.returncode != 0:
            return result.stderr.strip()
        same = read(run, "last.safetensors") == read(folder, "whole", "last.safetensors")
        return None if same else "another state than an uninterrupted run's"
    finally:
        subprocess.run(["umount", copy], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", help="the folder of the programs, build/bin")
    parser.add_argument("--cuts", type=int, default=20, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    program = os.path.join(arguments.programs, "dense_autoencoder")
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("disk", "copy"):
            os.mkdir(os.path.join(folder, name))
        image = os.path.join(folder, "disk.img")
        with open(image, "wb") as file:
            file.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
        train(program, [*OPTIONS, "--out", os.path.join(folder, "whole")])
        mounted(image, os.path.join(folder, "disk"))
        try:
            for _ in range(arguments.cuts):
                problem = cut(program, folder, moments.uniform(0.2, LATEST))
                if problem:
                    problems.append(problem)
        finally:
            subprocess.run(["umount", os.path.join(folder, "disk")], check=True)
    whole = arguments.cuts - len(problems)
    print(f"{arguments.cuts} power cuts, seed {arguments.seed}")
    print(f"  went on, and ended with the bits of an uninterrupted run: {whole}")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
