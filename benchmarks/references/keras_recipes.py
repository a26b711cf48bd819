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


def training_rows(recipe):
    import data

    rows = data.training_rows(recipe)
    if not recipe.is_convolutional:
        return rows
    return tuple(part.transpose(0, 2, 3, 1).copy() for part in rows)


def losses(recipe, rows, seed, epochs):
    import keras
    from keras_networks import loss_of, networks

    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model, _ = networks(recipe, seed=seed)
    optimizer = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}[recipe.optimizer]
    model.compile(optimizer(recipe.learning_rate, epsilon=1e-7), loss_of(recipe),
                  steps_per_execution=min(32, recipe.epoch_steps))
    return model.fit(*rows, recipe.batch_size, epochs=epochs, verbose=0).history["loss"]


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
    rows = training_rows(recipe)
    for seed in choices.seeds:
        found = [round(float(loss), 5) for loss in losses(recipe, rows, seed, choices.epochs)]
        print(json.dumps({"recipe": choices.recipe, "seed": seed, "loss": found}), flush=True)


if __name__ == "__main__":
    main()
