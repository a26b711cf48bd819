#!/usr/bin/env python3
"""Items a second of `encode` and `reconstruct` over the test images, for one checkpoint of ours: in torch.jit as it is,
in onnxruntime and Keras with its weights. The outputs are compared first. A JSON line for each of the two.

Batches are as large as ours; Keras predicts with TensorFlow, as the sources write it."""

import argparse
import io
import json
import os

import measuring
import recipes

PARSER = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
PARSER.add_argument("checkpoint")
PARSER.add_argument("--recipe", required=True)
PARSER.add_argument("--by", choices=("torch.jit", "onnxruntime", "Keras predict"), required=True)
PARSER.add_argument("--threads", type=int, default=1)
PARSER.add_argument("--items", type=int, default=1024, help="a batch")
PARSER.add_argument("--repeats", type=int, default=3)
PARSER.add_argument("--seconds", type=float, default=0.3)
ARGUMENTS = PARSER.parse_args()
os.environ["OMP_NUM_THREADS"] = str(ARGUMENTS.threads)
os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")

import numpy  # noqa: E402: threads have to be known before
import torch  # noqa: E402

import data  # noqa: E402
from torch_networks import Autoencoder  # noqa: E402

torch.set_num_threads(ARGUMENTS.threads)


def model_with(recipe, checkpoint):
    """PyTorch's twin of the checkpoint: tensors go by their order, which is that of the layers in both."""
    model = Autoencoder(recipe).eval()
    own = [tensor for name, tensor in checkpoint.state_dict().items() if "num_batches" not in name]
    names = [name for name in model.state_dict() if "num_batches" not in name]
    model.load_state_dict(dict(zip(names, own, strict=True)), strict=False)
    return model


def batches(rows):
    return [rows[first:first + ARGUMENTS.items] for first in range(0, len(rows), ARGUMENTS.items)]


def of_torch(checkpoint, twin, rows):
    parts = batches(torch.from_numpy(rows))

    def runs(work):
        def run():
            with torch.inference_mode():
                return [work(part).numpy() for part in parts]
        return run

    return {"encode": runs(checkpoint.encode), "reconstruct": runs(checkpoint.forward)}


def of_onnx(checkpoint, twin, rows):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = ARGUMENTS.threads
    parts = batches(rows)

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.twin = twin

        def forward(self, x):
            return self.twin.encode(x)

    def runs(model):
        file = io.BytesIO()
        torch.onnx.export(model, (torch.from_numpy(rows[:2]),), file, dynamo=False, input_names=["x"],
                          dynamic_axes={"x": {0: "batch"}})
        session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
        return lambda: [session.run(None, {"x": part})[0] for part in parts]

    return {"encode": runs(Encoder()), "reconstruct": runs(twin)}


def of_keras(checkpoint, twin, rows):
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(ARGUMENTS.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(ARGUMENTS.threads)
    from keras_networks import copy_weights, networks

    whole, encoder = networks(twin.recipe, sampling=False)
    copy_weights(twin.state_dict(), whole)
    inputs = rows.transpose(0, 2, 3, 1).copy() if twin.recipe.is_convolutional else rows

    def runs(model):
        def run():
            outputs = model.predict(inputs, ARGUMENTS.items, verbose=0)
            return [outputs.transpose(0, 3, 1, 2) if outputs.ndim == 4 else outputs]
        return run

    return {"encode": runs(encoder), "reconstruct": runs(whole)}


def rate(run, count):
    spent = passes = 0
    while spent < ARGUMENTS.seconds:
        begin = measuring.now()
        run()
        spent += measuring.now() - begin
        passes += 1
    return round(passes * count / spent, 1)


def main():
    recipe = recipes.find(ARGUMENTS.recipe)
    images = data.rows(recipe.data, "test")
    rows = images.reshape(-1, *recipe.item)
    checkpoint = torch.jit.load(ARGUMENTS.checkpoint).eval()
    twin = model_with(recipe, checkpoint)
    side = int(images.shape[1] ** 0.5)
    ours = images.reshape(-1, 1, side, side)  # as our file takes them
    with torch.inference_mode():
        wanted = {"encode": checkpoint.encode(torch.from_numpy(ours)).numpy(),
                  "reconstruct": checkpoint(torch.from_numpy(ours)).numpy()}
    build = {"torch.jit": of_torch, "onnxruntime": of_onnx, "Keras predict": of_keras}[ARGUMENTS.by]
    works = build(checkpoint, twin, ours if ARGUMENTS.by == "torch.jit" else rows)
    for what, run in works.items():
        outputs = numpy.concatenate(run())  # warms up, too
        difference = float(numpy.abs(outputs.reshape(len(rows), -1) - wanted[what].reshape(len(rows), -1)).max())
        if difference > 1e-3 * max(1, float(numpy.abs(wanted[what]).max())):
            raise SystemExit(f"{ARGUMENTS.by}: {what} of {ARGUMENTS.recipe} differs by {difference} from the checkpoint's")
        values = [rate(run, len(rows)) for _ in range(ARGUMENTS.repeats)]
        print(json.dumps({"contender": ARGUMENTS.by, "by": ARGUMENTS.by, "what": what, "threads": ARGUMENTS.threads,
                          "recipe": ARGUMENTS.recipe, "items_per_second": values, "difference": difference}), flush=True)


if __name__ == "__main__":
    main()
