"""Trains recipes in Keras on TensorFlow as their sources write them, seed by seed, and prints the loss of each epoch: what
`reference` of a recipe is, and how a recipe's seeds differ in another library. A line of JSON for each seed."""

import argparse
import dataclasses
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
import recipes  # noqa: E402: the folder has to be known before


def whole_numbers(text):
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected whole numbers, found '{text}'") from None


def main():
    parser = argparse.ArgumentParser(prog="keras_recipes.sh", description=__doc__)
    parser.add_argument("--recipe", choices=recipes.RECIPES, required=True, help="one of the benchmarks' recipes")
    parser.add_argument("--seeds", type=whole_numbers, default="1,2,3", help="comma-separated (1,2,3)")
    parser.add_argument("--epochs", type=int, default=1, help="of each seed (1)")
    parser.add_argument("--check", action="store_true", help="look at the options alone")
    choices = parser.parse_args()
    if choices.check:
        return
    os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
    # Whole epochs: `steps` is how many of them a benchmark measures.
    recipe = dataclasses.replace(recipes.find(choices.recipe), steps=0)
    from keras_networks import compiled, training_rows  # the backend has to be known before

    rows = training_rows(recipe)
    for seed in choices.seeds:
        history = compiled(recipe, seed).fit(*rows, recipe.batch_size, epochs=choices.epochs, verbose=0).history
        found = [round(float(loss), 5) for loss in history["loss"]]
        print(json.dumps({"recipe": choices.recipe, "seed": seed, "loss": found}), flush=True)


if __name__ == "__main__":
    main()
