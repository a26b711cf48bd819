#!/usr/bin/env python3
"""Wasserstein, adversarial and regularized autoencoders of MNIST beside pythae's; `pythae.sh generative` runs it.

Both have the network and the epochs of our recipe and are judged by our `evaluate`, which reads theirs as TorchScript.
"""

import ledger

FOLDER = ledger.ROOT / "build" / "benchmarks" / "generative"
# Of pythae's objectives two know the squared error alone, so ours has it there, too. A regularized one has no prior to draw codes from.
MODELS = {
    "wae": {"options": ("wasserstein_autoencoder", "--recipe", "mnist-wae", "--loss", "mse"), "widths": (400, 400, 8), "epochs": 10,
            "sampler": "prior"},
    "aae": {"options": ("adversarial_autoencoder", "--recipe", "mnist-aae"), "widths": (400, 400, 8), "epochs": 10, "sampler": "prior"},
    "rae": {"options": ("regularized_autoencoder", "--recipe", "mnist-rae", "--loss", "mse"), "widths": (400, 400, 16), "epochs": 20,
            "sampler": "mixture:10"},
}
SEEDS = {f"{model}-{whose}": (1, 2, 3) for model in MODELS for whose in ("ours", "pythae")}


def features():
    return ledger.trained(FOLDER / "features", "supervised_autoencoder", "--recipe", "mnist-classifier")


def checkpoint(name, whose, seed):
    model, folder = MODELS[name], FOLDER / f"{name}-{whose}-{seed}"
    if whose == "ours":
        return ledger.trained(folder, *model["options"], "--seed", str(seed))
    import pythae_runs

    exported = folder / "exported.pt"
    return exported if exported.exists() else pythae_runs.train(name, model["widths"], model["epochs"], seed, folder)


def measure(system, seed):
    name, whose = system.split("-")
    told = ledger.told("evaluate", checkpoint(name, whose, seed), "--dataset", "mnist", "--split", "test", "--quiet", "--generation", "10000",
                       "--sampler", MODELS[name]["sampler"], "--features", features())
    found = told["checkpoints"][0]
    quality = found["generation"]
    return {"squared_error": 784 * found["model"]["mse"], **{key: quality[key] for key in ("frechet", "precision", "recall", "coverage")}}


if __name__ == "__main__":
    ledger.compare(__doc__, FOLDER, "generative", SEEDS, measure)
