"""The part of docs/published.md on recommendation, from what benchmarks/references/recommendation.py measured."""

from results_table import mean_and_each

HEADER = """
## Recommendation: MovieLens 100K

Mult-VAE (Liang et al. 2018) beside the models of RecBole 1.2.1, written by `benchmarks/references/recommendation.sh`; more is better.
RecBole's defaults: each user's interactions are divided 0.8 : 0.1 : 0.1 at random, with one seed for all; all items are ranked but those of training and
validation. Models see the training part alone, and of RecBole's models the epoch is kept that has the best MRR@10
on the validation part; ours goes as far as its recipe. Seeds are those of the models. What is behind the mean is each seed's. Ours is the recipe
`ml-100k-vae`, whose epochs were chosen by NDCG@10 on the validation part.

| system | recall@10 | NDCG@10 | seeds |
|---|---|---|---|
"""

NAMES = {"ours": "Mult-VAE, `ml-100k-vae`", "MultiVAE": "RecBole's MultiVAE", "RecVAE": "RecBole's RecVAE",
         "EASE": "RecBole's EASE, linear and in closed form"}


def section(found):
    """`found` is {system: {seed: {"recall": …, "ndcg": …}}}; empty where nothing was measured."""
    if not found:
        return ""
    lines = []
    for system, name in NAMES.items():
        seeds = found.get(system, {})
        recall, ndcg = ([one[measure] for one in seeds.values()] for measure in ("recall", "ndcg"))
        lines.append(f"| {name} | {mean_and_each(recall)} | {mean_and_each(ndcg)} | {', '.join(seeds)} |" if seeds
                     else f"| {name} | – | – | – |")
    return HEADER + "\n".join(lines) + "\n"
