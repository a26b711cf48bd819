"""RecBole 1.2.1 on its own ml-100k: the split, its models, and its measures of anybody's lists of items.

Everything is RecBole's default (recbole/properties): implicit feedback, each user's interactions divided 0.8 : 0.1 : 0.1 at random,
all items ranked but those of training (and, for the test part, of validation), the epoch of the best MRR@10 on the validation part.
"""

import functools
import logging
import pathlib
import sys
import types

import numpy as np
import torch

# RecBole imports it to tune models with, which nobody does here.
sys.modules["ray"] = types.ModuleType("ray")
sys.modules["ray"].tune = types.ModuleType("ray.tune")
# Its checkpoints, written a moment before, hold its Config.
torch.load = functools.partial(torch.load, weights_only=False)

import recbole  # noqa: E402
from recbole.config import Config  # noqa: E402
from recbole.data import create_dataset, data_preparation  # noqa: E402
from recbole.evaluator.metrics import NDCG, Recall  # noqa: E402
from recbole.utils import get_model, get_trainer, init_seed  # noqa: E402

SPLIT_SEED = 2020  # RecBole's own


def config_of(model, folder, seed):
    logging.disable(logging.WARNING)
    return Config(model=model, dataset="ml-100k", config_dict={
        "data_path": str(pathlib.Path(recbole.__file__).parent / "dataset_example"), "checkpoint_dir": str(folder / "recbole"),
        "use_gpu": False, "show_progress": False, "train_neg_sample_args": None, "metric_decimal_place": 8, "seed": seed})


def parts_of(config):
    """Training, validation and test loaders: the same for every model and seed."""
    init_seed(SPLIT_SEED, True)
    return data_preparation(config, create_dataset(config))


def write_splits(folder):
    """train.inter, valid.inter and test.inter in the folder."""
    loaders = parts_of(config_of("MultiVAE", folder, SPLIT_SEED))
    for name, loader in zip(("train", "valid", "test"), loaders):
        data = loader._dataset
        pairs = zip(data.id2token("user_id", data.inter_feat["user_id"]), data.id2token("item_id", data.inter_feat["item_id"]))
        lines = [f"{user}\t{item}" for user, item in pairs]
        (folder / f"{name}.inter").write_text("\n".join(["user_id:token\titem_id:token", *lines]) + "\n")


def measures_of_model(name, seed, folder):
    """Recall@10 and NDCG@10 of one of its models on the test part."""
    config = config_of(name, folder, seed)
    training, validation, test = parts_of(config)
    init_seed(seed, True)
    model = get_model(name)(config, training._dataset)
    trainer = get_trainer(config["MODEL_TYPE"], name)(config, model)
    trainer.fit(training, validation, saved=True, show_progress=False, verbose=False)
    found = trainer.evaluate(test, load_best_model=True, show_progress=False)
    return {"recall": float(found["recall@10"]), "ndcg": float(found["ndcg@10"])}


def measures_of_lists(lists, held_out, folder):
    """RecBole's own measures of ten items for each user. Both are {user: items}."""
    users = [user for user in lists if user in held_out]
    hits = np.array([[item in held_out[user] for item in lists[user]] for user in users])
    sizes = np.array([len(held_out[user]) for user in users])
    config = config_of("MultiVAE", folder, SPLIT_SEED)
    values = {"recall": Recall(config).metric_info(hits, sizes), "ndcg": NDCG(config).metric_info(hits, sizes)}
    return {name: float(value[:, 9].mean()) for name, value in values.items()}
