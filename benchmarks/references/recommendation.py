#!/usr/bin/env python3
"""Mult-VAE on MovieLens 100K beside RecBole's models on the same split; recommendation.sh runs it.

RecBole divides the interactions; both read the same three files. Our recipe is `ml-100k-vae`, on the training part alone. Figures go into docs/published.json as they come, under "ml-100k".
"""

import argparse
import csv
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "bin"
FOLDER = ROOT / "build" / "benchmarks" / "recommendation"
RECORD = ROOT / "docs" / "published.json"
SEEDS = {"ours": (1, 2, 3), "EASE": (1,), "MultiVAE": (1, 2, 3), "RecVAE": (1, 2, 3)}  # EASE draws nothing


def say(text):
    print(f"recommendation: {text}", file=sys.stderr, flush=True)


def recbole():
    """Imported late: --help needs no environment. RecBole logs into the working folder."""
    import torch

    import recbole_runs

    torch.set_num_threads(1)
    os.chdir(FOLDER)
    return recbole_runs


def trained(seed):
    folder = FOLDER / f"ours-{seed}"
    if not (folder / "best.pt").exists():
        subprocess.run([BIN / "variational_autoencoder", "--recipe", "ml-100k-vae", "--dataset", f"interactions:{FOLDER / 'train.inter'}",
                        "--validation", "none", "--seed", str(seed), "--no-figures", "--quiet", "--out", folder], check=True)
    return folder / "best.pt"


def recommended(model, *more):
    """What `recommend` says of the test part: RecBole ranks the items of neither other part."""
    command = [BIN / "recommend", model, "--held-out", FOLDER / "test.inter", "--exclude", FOLDER / "valid.inter", "--json", *more]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def recorded():
    return json.loads(RECORD.read_text())


def measure(system, seed):
    say(f"{system}, seed {seed}")
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--systems", default=",".join(SEEDS), help="some of ours, MultiVAE, RecVAE and EASE, separated by commas")
    parser.add_argument("--check", action="store_true", help="compare measures of the same recommendations, and no systems")
    choices = parser.parse_args()
    systems = choices.systems.split(",")
    for system in systems:
        if system not in SEEDS:
            parser.error(f"expected systems of {', '.join(SEEDS)}, found {system}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not (FOLDER / "test.inter").exists():
        recbole().write_splits(FOLDER)
    if choices.check:
        return check()
    for system in systems:
        for seed in SEEDS[system]:
            if str(seed) in recorded().get("ml-100k", {}).get(system, {}):
                continue
            found = measure(system, seed)
            record = recorded()
            record.setdefault("ml-100k", {}).setdefault(system, {})[str(seed)] = found
            RECORD.write_text(json.dumps(record, indent=1) + "\n")
    subprocess.run([sys.executable, ROOT / "scripts" / "published.py", "--table"], check=True)


if __name__ == "__main__":
    main()
