"""The part of docs/published.md on other libraries, from what benchmarks/references/ measured."""

import statistics

from results_table import mean_and_each, number

RECOMMENDATION = {
    "record": "ml-100k",
    "text": """## Recommendation: MovieLens 100K

Mult-VAE (Liang et al. 2018) beside the models of RecBole 1.2.1, written by `benchmarks/references/recommendation.sh`; more is better.
RecBole's defaults: each user's interactions are divided 0.8 : 0.1 : 0.1 at random, with one seed for all; all items are ranked but those of training and
validation. Models see the training part alone, and of RecBole's models the epoch is kept that has the best MRR@10
on the validation part, where they stop after ten epochs without a better one; ours goes as far as its recipe. Seeds are those of the models. What is behind the mean is each seed's. Ours is the recipe
`ml-100k-vae`, whose epochs were chosen by NDCG@10 on the validation part: 600 units and 64 dimensions, 50 epochs in batches of 100, β rises to 0.2. RecBole's
MultiVAE has 600 units and 128 dimensions, batches of 2,048, and a β that rises by 1 in 200,000 steps, so that it stays near 0.
""",
    "systems": {"ours": "Mult-VAE, `ml-100k-vae`", "MultiVAE": "RecBole's MultiVAE", "RecVAE": "RecBole's RecVAE",
                "EASE": "RecBole's EASE, linear and in closed form"},
    "measures": {"recall@10": "recall", "NDCG@10": "ndcg"},
}

GENERATIVE = {
    "record": "generative",
    "text": """## Samples and reconstructions of MNIST: beside pythae

Three of our recipes beside pythae 0.1.2, two of them with `--loss mse`, the one loss that pythae has for them, written by `benchmarks/references/pythae.sh generative`: networks (dense, 784-400-400-8 and back; -16 for the
regularized one), how weights begin (Glorot's way), epochs (10; 20), batches (128), Adam's rate (1e-3) and the terms' weights are the same (Adam's ε is Keras' 1e-7 of ours, PyTorch's 1e-8 of pythae's), and of each the epoch
is kept that has the least of its own loss on the test images. The adversarial autoencoders differ: ours has a step each for reconstruction, critic and
encoder, as its paper says, pythae minimises reconstruction and half the deception together. pythae's regularized one shrinks the decoder's biases, too. Both are judged by `evaluate`, pythae's as a TorchScript file:
*squared error*, an image of the test part; of 10,000 samples, codes from the prior (of the regularized: from a mixture of
10 normal distributions that is fitted to training codes), beside the test images, in the features of `mnist-classifier`: Fréchet distance (less is better), precision, recall and
coverage (more is better).
""",
    "systems": {f"{model}-{whose}": f"{title}, {said}"
                for model, title, options in (("wae", "WAE-MMD", " --loss mse"), ("aae", "Adversarial", ""), ("rae", "RAE-L2", " --loss mse"))
                for whose, said in (("ours", f"`mnist-{model}{options}`"), ("pythae", "pythae"))},
    "measures": {"squared error": "squared_error", "Fréchet distance": "frechet", "precision": "precision", "recall": "recall",
                 "coverage": "coverage"},
}

LIKELIHOOD = {
    "record": "likelihood",
    "text": """## −log p(x) of drawn MNIST at the same epoch: beside pythae

The recipe `mnist-binary-iwae` beside the same of pythae 0.1.2, written by `benchmarks/references/pythae.sh likelihood`: network, how
weights begin (Glorot's way), pixels drawn anew in every epoch, batches (20), Adam (1e-3, ε 1e-4) and its schedule are the same, and so are the epochs,
13 of the papers' 3,280; with one sample, ours minimises the bound of that sample, pythae's the one with the KL divergence in closed form. Of each the epoch is kept
that has the least bound on the test part. Both are judged by `evaluate`, pythae's as a TorchScript file, by 500 samples an item of the whole test part; less is better. *Active units* are those of 50 of whose means the
variance over the test images is above 0.01.
""",
    "systems": {f"{model}-{whose}": f"{title}, {whose}"
                for model, title in (("vae", "VAE, k = 1"), ("iwae", "IWAE, k = 5"), ("iwae50", "IWAE, k = 50"),
                                     ("miwae", "MIWAE(8, 8)"), ("piwae", "PIWAE(8, 8)"), ("ciwae", "CIWAE(0.05), 64 samples"))
                for whose in ("ours", "pythae")},
    "measures": {"−log p(x)": "nll", "active units": "active_units"},
    "texts": {"nll": "{:.2f}".format, "active_units": "{:.0f}".format},
}

QUANTIZER = {
    "record": "fsq",
    "text": """## Finite scalar quantisation of Fashion-MNIST: beside vector-quantize-pytorch

`--quantizer fsq:8,6,5` beside version 1.32.0 of that library, written by `benchmarks/references/quantizer.sh`: network, mean absolute error as loss,
AdamW with 3e-4 and batches of 256 are those of its example, kernels begin Glorot's way, five epochs (1,175 steps; the example has 1,000). Errors are means over the values (0 to 1) of the
test images, *used* is the share of the 240 indices that occur in their codes.
""",
    "systems": {"ours": "ours", "vector-quantize-pytorch": "vector-quantize-pytorch"},
    "measures": {"mean absolute error": "absolute_error", "mean squared error": "squared_error", "used": "used"},
}


ONE_CLASS = """## One class of MNIST

Deep SVDD (Ruff et al. 2018, table 1) and ours, by `benchmarks/anomaly/one_class.py`: the mean over the ten digits of the area under the ROC curve, in per cent, of a
model of one digit that has to find the other nine; more is better. [anomaly_one_class.md](anomaly_one_class.md) has each digit's, and what is done otherwise.
"""
DIGITS = [str(digit) for digit in range(10)]
# Of Deep SVDD, hard: table 1, per cent, digits 0 to 9.
ONE_CLASS_PUBLISHED = [98.0, 99.7, 91.7, 91.9, 94.9, 88.5, 98.3, 94.6, 93.9, 96.5]
ONE_CLASS_SYSTEMS = {"hard": "`mnist-one-class`", "soft": "`mnist-one-class --boundary soft`",
                     "dense": "`dense_autoencoder --widths 32`, reconstruction error"}


def of_all_digits(seeds):
    """Of {seed: {digit: area}} the seeds that have all ten."""
    return {seed: areas for seed, areas in seeds.items() if all(digit in areas for digit in DIGITS)}


def one_class(found):
    """`found` is {system: {epochs: {seed: {digit: area}}}}; empty where nothing was measured."""
    if not found:
        return ""
    lines = ["| system | epochs | mean area | seeds |", "|---|---|---|---|",
             f"| Deep SVDD, hard, published | 150 + 150 | {statistics.fmean(ONE_CLASS_PUBLISHED):.1f} | ten |"]
    for system, name in ONE_CLASS_SYSTEMS.items():
        for epochs, seeds in sorted(found.get(system, {}).items()):
            whole = of_all_digits(seeds)
            if whole:
                means = [statistics.fmean(areas.values()) for areas in whole.values()]
                lines.append(f"| {name} | {epochs} | {mean_and_each(means, '{:.1f}'.format)} | {', '.join(whole)} |")
    return "\n" + ONE_CLASS + "\n" + "\n".join(lines) + "\n"


def section(comparison, found):
    """`found` is {system: {seed: {measure: …}}}; what was not measured has no row. `texts` write a measure otherwise than `number`."""
    if not found:
        return ""
    measures, texts = comparison["measures"], comparison.get("texts", {})
    lines = [f"| system | {' | '.join(measures)} | seeds |", "|---" * (len(measures) + 2) + "|"]
    for system, name in comparison["systems"].items():
        seeds = found.get(system)
        if seeds:
            cells = [mean_and_each([one[key] for one in seeds.values()], texts.get(key, number)) for key in measures.values()]
            lines.append(f"| {name} | {' | '.join(cells)} | {', '.join(seeds)} |")
    return "\n" + comparison["text"] + "\n" + "\n".join(lines) + "\n"


def sections(record):
    comparisons = (RECOMMENDATION, GENERATIVE, LIKELIHOOD, QUANTIZER)
    return one_class(record.get("one-class")) + "".join(section(one, record.get(one["record"])) for one in comparisons)
