#!/usr/bin/env python3
"""Trains published systems, measures them as their papers do, and writes docs/published.md.

    scripts/published.py [--epochs N] [--seed N] [ROW…]   trains and measures rows, all by default
    scripts/published.py --table                          only writes the page again
    scripts/published.py --list                           names of the rows

Runs lie in runs/published/ROW-seedN. What was stopped, or ran with a smaller --epochs, goes on where it was. What was measured is
kept in docs/published.json, a row and seed each, so that the page can be written where the runs are not.
"""

import argparse
import statistics
import sys

import published_comparisons
import published_record
from our_programs import ROOT, told, trained
from results_table import mean_and_each

PAGE = ROOT / "docs" / "published.md"
BAND = 0.3

BURDA = "Burda, Grosse & Salakhutdinov 2016"
RAINFORTH = "Rainforth et al. 2018"


def likelihood_row(name, source, what, published, *options, variant="importance_weighted", recipe="mnist-binary-iwae"):
    """A row of −log p(x) on MNIST whose pixels are drawn."""
    return {"name": name, "source": source, "data": "drawn MNIST", "what": what, "published": published, "of": 3280,
            "train": [f"{variant}_autoencoder", "--recipe", recipe, *options],
            "judge": ["--samples", "5000"], "measure": lambda model: model["nll"]}


def two_layer_row(name, what, published, *options):
    """The same with a second stochastic layer."""
    return likelihood_row(f"{name}-two-layers", f"{BURDA}, table 1", f"{what}, two stochastic layers", published, *options,
                          recipe="mnist-binary-iwae-two-layers")


ROWS = [
    likelihood_row("vae-1", f"{BURDA}, table 1", "VAE, k = 1", 86.76),
    likelihood_row("vae-5", f"{BURDA}, table 1", "VAE, k = 5", 86.47, "--estimator", "miwae:5,1"),
    likelihood_row("iwae-5", f"{BURDA}, table 1", "IWAE, k = 5", 85.54, "--importance-samples", "5"),
    likelihood_row("vae-50", f"{BURDA}, table 1", "VAE, k = 50", 86.35, "--estimator", "miwae:50,1"),
    likelihood_row("iwae-50", f"{BURDA}, table 1", "IWAE, k = 50", 84.78, "--importance-samples", "50"),
    two_layer_row("vae-1", "VAE, k = 1", 85.33),
    two_layer_row("vae-5", "VAE, k = 5", 85.01, "--estimator", "miwae:5,1"),
    two_layer_row("iwae-5", "IWAE, k = 5", 83.89, "--importance-samples", "5"),
    two_layer_row("vae-50", "VAE, k = 50", 84.78, "--estimator", "miwae:50,1"),
    two_layer_row("iwae-50", "IWAE, k = 50", 82.90, "--importance-samples", "50"),
    likelihood_row("miwae-8-8", f"{RAINFORTH}, table 1", "MIWAE(8, 8)", 84.97, "--estimator", "miwae:8,8"),
    likelihood_row("piwae-8-8", f"{RAINFORTH}, table 1", "PIWAE(8, 8)", 84.46, "--estimator", "piwae:8,8"),
    likelihood_row("ciwae-0.05", f"{RAINFORTH}, table 1", "CIWAE(0.05), 64 samples", 84.57, "--importance-samples", "64",
                   "--estimator", "ciwae:0.05"),
    likelihood_row("conditional", "without a source", "VAE told the class, a prior for each", 82.32, variant="conditional",
                   recipe="mnist-binary-cvae"),
    {"name": "deep-30", "source": "Hinton & Salakhutdinov 2006", "data": "MNIST", "published": 3.00, "of": 30,
     "what": "784-1000-500-250-30: squared error an image (PCA of 30: 13.87)",
     "train": ["dense_autoencoder", "--recipe", "mnist-deep-30"], "judge": [],
     "measure": lambda model: 784 * model["mse"]},
]

HEADER = """# Published numbers, and ours

Written by `scripts/published.py` from its own runs. Each row is one system of a paper, trained and judged as the paper
says but for what is told below; less is better in all of this table. *Epochs* tells how far the run went of how many the paper has (of
Hinton & Salakhutdinov: our recipe): the number of a run that was not finished is no reproduction, and stands beside the others of as many
epochs. *In band*: at most 0.3 above the published number, which is less than seeds differ by at 13 epochs (further below). Rows of few
epochs tell that a system runs and how far it comes by then: all epochs of one of five samples take two hours of two cores, of one of
50 or 64 ten; of two stochastic layers and 50 samples two days.
*Trained by* is the recipe, and what was set beside it. *Time* is that of training, on one or two cores that had other work, too.

−log p(x): 784-200-200-50 with tanh units (two stochastic layers: 784-200-200-100-100-100-50, codes of 100 and 50), pixels drawn by their grey anew in every epoch (`--binarize fresh`), batches of 20,
Adam with 1e-3 and ε 1e-4, the rate times 10^(−1/7) after stages of 1, 3, 9, … epochs, 3,280 in all; 5,000 samples an item, of the whole test part,
whose pixels are drawn once. The published numbers are means over drawn test parts of the papers' own. Static binarisation (Larochelle's files) is not to be had by this project's
scripts and is left out. Otherwise than in the authors' program of Burda et al., all 60,000 images are trained on, not 59,600; the epoch with the least bound on the
test part is kept, not the last; and of models of one stochastic layer biases of the output begin at 0. In the authors' program they begin at
the mean pixel (`--output-bias mean`), as they do here where there are two layers: VAE, k = 1, has a bound of 102.3 on the test part after 13 epochs then, and of 117.5 from 0.

*VAE told the class* is a conditional one whose prior is given the class, too; ours is −log p(x|c). Its number was handed down to this project without a
source, so that how it was trained and judged is not known.

Our PCA of 30 values leaves 13.87 an image, as Hinton & Salakhutdinov's does ([results.md](results.md)). One class of MNIST beside Deep SVDD (Ruff et al. 2018):
[anomaly_one_class.md](anomaly_one_class.md).

| source | data | system | trained by | published | ours | in band | seeds | epochs | time | run on |
|---|---|---|---|---|---|---|---|---|---|---|
"""


def say(text):
    print(f"published: {text}", file=sys.stderr)


def judge(row, folder):
    say(f"judging {folder.name}")
    model = told("evaluate", folder / "best.pt", "--quiet", "--split", "test", *row["judge"])["checkpoints"][0]["model"]
    return row["measure"](model)


def measure(row, seed, epochs):
    """Trains the row up to so many epochs, from where it was, and judges it."""
    folder = ROOT / "runs" / "published" / f"{row['name']}-seed{seed}"
    wanted = min(epochs or row["of"], row["of"])
    say(f"{folder.name}: up to epoch {wanted} of {row['of']}")
    run = trained(folder, *row["train"], "--seed", str(seed), epochs=wanted)
    results, machine = run["results"], run["machine"]
    return {"ours": judge(row, folder), "epochs": results["epochs"], "seconds": results["training_seconds"],
            "day": run["started"][:8], "machine": f"{machine['processor']}, {machine['cores']} cores"}


def clock(seconds):
    if seconds < 60:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60}:{minutes % 60:02d} h" if minutes >= 60 else f"{minutes} min"


def band_text(row, values, epochs):
    if epochs < row["of"]:
        return "not finished"
    return "yes" if statistics.mean(values) <= row["published"] + BAND else "NO"


def line(row, seeds):
    options = " ".join(row["train"][2:])  # behind the program and --recipe
    system = f"| {row['source']} | {row['data']} | {row['what']} | `{options}` | {row['published']:.2f} |"
    if not seeds:
        return f"{system} – | – | – | 0 of {row['of']:,} | – | – |"
    values = [one["ours"] for one in seeds.values()]
    first = next(iter(seeds.values()))
    mean = mean_and_each(values, "{:.2f}".format)
    day = first["day"]
    return (f"{system} {mean} | {band_text(row, values, first['epochs'])} | {', '.join(seeds)} | {first['epochs']:,} of {row['of']:,} | "
            f"{clock(first['seconds'])} | {day[:4]}-{day[4:6]}-{day[6:]}, {first['machine']} |")


def write_page(record):
    rows = "\n".join(line(row, record.get(row["name"], {})) for row in ROWS)
    PAGE.write_text(HEADER + rows + "\n" + published_comparisons.sections(record))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, help="at most so many, instead of the paper's")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="only write the page")
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument("rows", nargs="*", metavar="ROW")
    choices = parser.parse_args()
    names = [row["name"] for row in ROWS]
    if choices.list:
        print("\n".join(names))
        return
    for name in choices.rows:
        if name not in names:
            parser.error(f"expected rows of {', '.join(names)}, found {name}")
    for row in [] if choices.table else [row for row in ROWS if row["name"] in (choices.rows or names)]:
        published_record.add(measure(row, choices.seed, choices.epochs), row["name"], str(choices.seed))
    write_page(published_record.read())


if __name__ == "__main__":
    main()
