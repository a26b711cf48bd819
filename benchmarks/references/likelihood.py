#!/usr/bin/env python3
"""Variational and importance-weighted autoencoders of MNIST's drawn pixels beside pythae's; `pythae.sh likelihood` runs it.

Both have the network and the training of our recipe `mnist-binary-iwae` for the same thirteen epochs of its 3,280, and are judged by our `evaluate`,
which reads theirs as TorchScript.
"""

import zipfile

import ledger

FOLDER = ledger.ROOT / "build" / "benchmarks" / "likelihood"
EPOCHS = 13  # the first three stages of the schedule, of 1, 3 and 9
MODELS = {  # and what makes ours of the recipe
    "vae": ("--importance-samples", "1"),
    "iwae": ("--importance-samples", "5"),
    "iwae50": ("--importance-samples", "50"),
    "miwae": ("--estimator", "miwae:8,8"),
    # The encoder of pythae's learns from both bounds, of the groups and of all samples; ours as the paper says from that of the groups.
    "piwae": ("--estimator", "piwae:8,8"),
    "ciwae": ("--importance-samples", "64", "--estimator", "ciwae:0.05"),
}
# 50 samples of an image take pythae half an hour.
SEEDS = {f"{model}-{whose}": (1, 2, 3) if model in ("vae", "iwae") else (1,) for model in MODELS for whose in ("ours", "pythae")}


def ours(model, seed):
    folder = FOLDER / f"{model}-ours-{seed}"
    return ledger.trained(folder, "importance_weighted_autoencoder", "--recipe", "mnist-binary-iwae", *MODELS[model], "--seed", str(seed),
                          epochs=EPOCHS)


def card_of(checkpoint):
    """What a file of ours tells of data and likelihood, which are the same for theirs."""
    with zipfile.ZipFile(checkpoint) as archive:
        name = next(name for name in archive.namelist() if name.endswith("extra/hourglass.json"))
        return archive.read(name).decode()


def theirs(model, seed):
    folder = FOLDER / f"{model}-pythae-{seed}"
    exported = folder / "exported.pt"
    if exported.exists():
        return exported
    import pythae_runs

    return pythae_runs.train_bound(model, EPOCHS, seed, folder, card_of(ours(model, seed)))


def measure(system, seed):
    model, whose = system.split("-")
    checkpoint = (ours if whose == "ours" else theirs)(model, seed)
    found = ledger.told("evaluate", checkpoint, "--quiet", "--split", "test", "--samples", "500")["checkpoints"][0]
    return {"nll": found["model"]["nll"], "active_units": found["codes"]["active_units"]}


if __name__ == "__main__":
    ledger.compare(__doc__, FOLDER, "likelihood", SEEDS, measure)
