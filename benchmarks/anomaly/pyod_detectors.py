"""PyOD's detectors, as the benchmarks compare with them."""
import importlib

MODULES = {"IForest": "iforest", "VAE": "vae", "ECOD": "ecod", "AutoEncoder": "auto_encoder", "PCA": "pca", "DeepSVDD": "deep_svdd"}


def make_detector(name, seed, width):
    """The detector of this name with its own defaults, for rows of `width` values."""
    options = {} if name == "ECOD" else {"random_state": seed}
    if name == "DeepSVDD":
        options["n_features"] = width
    return getattr(importlib.import_module(f"pyod.models.{MODULES[name]}"), name)(**options)
