#!/usr/bin/env python3
"""Variational and importance-weighted autoencoders of MNIST's drawn pixels beside pythae's; `pythae.sh likelihood` runs it.

Both have the network and the training of our recipe `mnist-binary-iwae` for the same thirteen epochs of its 3,280, and are judged by our `evaluate`,
which reads theirs as TorchScript.
"""

import zipfile

import ledger

FOLDER = ledger.ROOT / "build" / "benchmarks" / "likelihood"
EPOCHS = 13  # the first three stages of the schedule, of 1, 3 and 9
SAMPLES = {"vae": 1, "iwae": 5, "iwae50": 50}
# 50 samples of an image take pythae half an hour.
SEEDS = {f"{model}-{whose}": (1,) if model == "iwae50" else (1, 2, 3) for model in SAMPLES for whose in ("ours", "pythae")}


def ours(samples, seed):
    folder = FOLDER / f"{samples}-ours-{seed}"
    return ledger.trained(folder, "importance_weighted_autoencoder", "--recipe", "mnist-binary-iwae", "--importance-samples", str(samples),
                          "--seed", str(seed), epochs=EPOCHS)


def card_of(checkpoint):
    """What a file of ours tells of data and likelihood, which are the same for theirs."""
    with zipfile.ZipFile(checkpoint) as archive:
        name = next(name for name in archive.namelist() if name.endswith("extra/hourglass.json"))
        return archive.read(name).decode()


def theirs(samples, seed):
    folder = FOLDER / f"{samples}-pythae-{seed}"
    exported = folder / "exported.pt"
    if exported.exists():
        return exported
    import pythae_runs

    return pythae_runs.train_bound(samples, EPOCHS, seed, folder, card_of(ours(samples, seed)))


def measure(system, seed):
    model, whose = system.split("-")
    checkpoint = (ours if whose == "ours" else theirs)(SAMPLES[model], seed)
    found = ledger.told("evaluate", checkpoint, "--quiet", "--split", "test", "--samples", "500")["checkpoints"][0]
    return {"nll": found["model"]["nll"], "active_units": found["codes"]["active_units"]}


if __name__ == "__main__":
    ledger.compare(__doc__, FOLDER, "likelihood", SEEDS, measure)
