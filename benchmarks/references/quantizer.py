#!/usr/bin/env python3
"""Finite scalar quantisation of Fashion-MNIST beside vector-quantize-pytorch's; quantizer.sh runs it.

Network, loss, optimizer, levels and batch are those of its example, whose 1,000 steps became five epochs (1,175); items are from 0 to 1, and
kernels begin as Glorot & Bengio have them, for both.
"""

import subprocess

import ledger

FOLDER = ledger.ROOT / "build" / "benchmarks" / "quantizer"
SEEDS = {"ours": (1, 2, 3), "vector-quantize-pytorch": (1, 2, 3)}
LEVELS, EPOCHS, BATCH, LEARNING_RATE = (8, 6, 5), 5, 256, 3e-4
OPTIONS = ["--dataset", "fashion-mnist", "--validation", "test", "--quantizer", "fsq:" + ",".join(map(str, LEVELS)), "--network", "layers",
           "--encoder", "conv:16,3; max-pool; activation:gelu; conv:32,3; max-pool; conv:3,1",
           "--decoder", "conv:32,3; upsample; conv:16,3; activation:gelu; upsample; conv:1,3",
           "--loss", "mae", "--output-activation", "linear", "--optimizer", "adamw", "--weight-decay", "0.01",
           "--learning-rate", str(LEARNING_RATE), "--batch-size", str(BATCH), "--epochs", str(EPOCHS)]


def ours(seed):
    """Reconstructions and indices of the test images."""
    import numpy

    folder = FOLDER / f"ours-{seed}"
    model = ledger.trained(folder, "vector_quantized_autoencoder", *OPTIONS, "--seed", str(seed))
    codes, items = folder / "codes.npy", folder / "items.npy"
    subprocess.run([ledger.BIN / "encode", model, "--split", "test", "--no-picture", "--out", codes, "--force", "--quiet"], check=True)
    subprocess.run([ledger.BIN / "decode", model, codes, "--out", items, "--force", "--quiet"], check=True)
    return numpy.load(items), numpy.load(codes)


def measure(system, seed):
    import numpy

    import fsq_runs

    items, indices = ours(seed) if system == "ours" else fsq_runs.train(LEVELS, EPOCHS, BATCH, LEARNING_RATE, seed)
    wrong = items.reshape(-1, 784) - fsq_runs.images("t10k").numpy().reshape(-1, 784)
    return {"absolute_error": float(numpy.abs(wrong).mean()), "squared_error": float((wrong**2).mean()),
            "used": len(numpy.unique(indices)) / float(numpy.prod(LEVELS))}


if __name__ == "__main__":
    ledger.compare(__doc__, FOLDER, "fsq", SEEDS, measure)
