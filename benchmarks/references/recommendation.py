#!/usr/bin/env python3
"""Mult-VAE on MovieLens 100K beside RecBole's models on the same split; recommendation.sh runs it.

RecBole divides the interactions; both read the same three files. Our recipe is `ml-100k-vae`, on the training part alone.
"""

import csv
import os
import sys

import ledger

FOLDER = ledger.ROOT / "build" / "benchmarks" / "recommendation"
SEEDS = {"ours": (1, 2, 3), "EASE": (1,), "MultiVAE": (1, 2, 3), "RecVAE": (1, 2, 3)}  # EASE draws nothing


def recbole():
    """Imported late: --help needs no environment. RecBole logs into the working folder."""
    import torch

    import recbole_runs

    torch.set_num_threads(1)
    os.chdir(FOLDER)
    return recbole_runs


def trained(seed):
    return ledger.trained(FOLDER / f"ours-{seed}", "variational_autoencoder", "--recipe", "ml-100k-vae", "--dataset",
                          f"interactions:{FOLDER / 'train.inter'}", "--validation", "none", "--seed", str(seed))


def recommended(model, *more):
    """What `recommend` says of the test part: RecBole ranks the items of neither other part."""
    return ledger.told("recommend", model, "--held-out", FOLDER / "test.inter", "--exclude", FOLDER / "valid.inter", *more)


def measure(system, seed):
    if system != "ours":
        return recbole().measures_of_model(system, seed, FOLDER)
    found = recommended(trained(seed))
    return {"recall": found["recall@10"], "ndcg": found["ndcg@10"]}


def check():
    """Our measures beside RecBole's own of the same lists of items."""
    lists, held_out = {}, {}
    ours = recommended(trained(1), "--out", FOLDER / "ours.csv", "--force")
    for row in csv.DictReader((FOLDER / "ours.csv").open()):
        lists.setdefault(row["user"], []).append(row["item"])
    for line in (FOLDER / "test.inter").read_text().splitlines()[1:]:
        user, item = line.split("\t")
        held_out.setdefault(user, set()).add(item)
    theirs = recbole().measures_of_lists(lists, held_out, FOLDER)
    for name, value in theirs.items():
        print(f"{name}@10  recommend {ours[f'{name}@10']:.8f}  RecBole {value:.8f}")
        if abs(ours[f"{name}@10"] - value) > 1e-6:
            sys.exit(f"recommendation: {name}@10 differs")


def main():
    parser = ledger.parser_of(__doc__)
    parser.add_argument("--check", action="store_true", help="compare measures of the same recommendations, and no systems")
    choices = ledger.chosen(parser, SEEDS)
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not (FOLDER / "test.inter").exists():
        recbole().write_splits(FOLDER)
    if choices.check:
        return check()
    ledger.measure_missing("ml-100k", choices.systems, SEEDS, measure)


if __name__ == "__main__":
    main()
