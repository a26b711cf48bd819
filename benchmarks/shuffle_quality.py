#!/usr/bin/env python3
"""The loss after epochs of block shuffling beside that of full shuffling, on the hardest order: sorted by label.

Usage: shuffle_quality.py BIN MNIST_FOLDER

Sorts MNIST's training images by label, trains a dense autoencoder on the mapped file with each order of rows and five
seeds, and prints a table of validation losses: mean and standard deviation over seeds.
"""

import csv
import gzip
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy

ORDERS = ["full", "blocks:256,64", "blocks:64,64", "blocks:64,16", "blocks:16,16", "none"]
SEEDS = range(1, 6)
EPOCHS = 1


def read_idx(path, header):
    compressed = path.with_name(path.name + ".gz")
    opened = gzip.open(compressed) if compressed.exists() else open(path, "rb")
    with opened as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header)


def main():
    programs, mnist = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    images = read_idx(mnist / "train-images-idx3-ubyte", 16).reshape(-1, 784)
    labels = read_idx(mnist / "train-labels-idx1-ubyte", 8)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        numpy.save(folder / "sorted.npy", images[labels.argsort(kind="stable")])
        print("| order | " + " | ".join(f"epoch {epoch}" for epoch in range(1, EPOCHS + 1)) + " |")
        print("|---|" + "---|" * EPOCHS)
        for order in ORDERS:
            losses = []
            for seed in SEEDS:
                out = folder / f"{order.replace(':', '-')}-{seed}"
                subprocess.run([programs / "dense_autoencoder", "--dataset", f"npy:{folder / 'sorted.npy'}",
                                "--map-above", "0", "--shuffle", order, "--seed", str(seed), "--epochs", str(EPOCHS),
                                "--validation", "split:0.1", "--no-figures", "--quiet", "--out", out],
                               check=True, stdout=subprocess.DEVNULL)
                with open(out / "metrics.csv", newline="") as file:
                    losses.append([float(row["validation_loss"]) for row in csv.DictReader(file)])
            cells = [f"{statistics.mean(column):.5f} ± {statistics.stdev(column):.5f}" for column in zip(*losses)]
            print(f"| `{order}` | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
