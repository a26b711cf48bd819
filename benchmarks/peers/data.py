"""The training rows of a recipe, in float32, from the files that our programs read."""

import gzip
import os
import pathlib

import numpy

DIGITS = pathlib.Path(__file__).resolve().parents[2] / "sources" / "digits.csv"


def folders():
    """Where sets known by name are looked for, in the order of sources/named.cpp."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME", ""), ".cache")
    named = [os.environ["HOURGLASS_DATA"]] if os.environ.get("HOURGLASS_DATA") else []
    return [pathlib.Path(folder) for folder in (*named, os.path.join(cache, "hourglass"), "/usr/share/datasets")]


def bytes_of(data, part, kind, offset):
    """What stands behind the header of an IDX file."""
    name = f"{'train' if part == 'train' else 't10k'}-{kind}-ubyte"
    for folder in folders():
        for path in (folder / data / f"{name}.gz", folder / data / name):
            if path.is_file():
                content = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
                return numpy.frombuffer(content, numpy.uint8, offset=offset)
    raise FileNotFoundError(f"{data}: not found in {', '.join(map(str, folders()))}; run scripts/download_data.sh {data}")


def images(data, part):
    """[N, 784] float32, pixels / 255."""
    return bytes_of(data, part, "images-idx3", 16).reshape(-1, 784).astype("float32") / 255


def labels(data, part):
    """[N] uint8."""
    return bytes_of(data, part, "labels-idx1", 8)


def rows(data, part="train"):
    """[N, pixels] float32."""
    if data == "digits":
        return numpy.loadtxt(DIGITS, delimiter=",", dtype="float32")[:, :64] / 16
    return images(data, part)


def training_rows(recipe):
    """Inputs and targets, [N, item shape] each; the same array where nothing is added."""
    targets = rows(recipe.data)[:recipe.epoch_rows].reshape(-1, *recipe.item)
    if not recipe.noise:
        return targets, targets
    noise = numpy.random.default_rng(1).standard_normal(targets.shape, dtype="float32")
    return numpy.clip(targets + recipe.noise * noise, 0, 1), targets
