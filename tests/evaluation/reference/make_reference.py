"""Writes reference.json: what NumPy, SciPy, scikit-learn, scikit-image and prdc say about small inputs.

The inputs are formulas that the C++ tests repeat, or the data sets in sources/. To write it anew:
python3 -m pip install numpy scipy scikit-learn scikit-image prdc && python3 make_reference.py
"""

import json
import pathlib

import numpy
import scipy
import skimage
import sklearn
from prdc import compute_prdc
from scipy.stats import genpareto
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.covariance import EmpiricalCovariance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parents[2] / "sources"
TRAINING_DIGITS = 1200  # the first rows; the rest is for testing


def image_pair(n, channels):
    """Pixels 0-255: a smooth pattern, and the same with noise."""
    height, width = 11 + n, 34 - n
    c, y, x = numpy.meshgrid(range(channels), range(height), range(width), indexing="ij")
    clean = (x * x * (n + 1) + 3 * y * y + 5 * x * y + 40 * c) // 4 % 256
    noise = (x * 7919 + y * 104729 + n * 31 + c * 17) % 61 - 30
    return clean.astype(float), numpy.clip(clean + noise, 0, 255).astype(float)


def similarity(n, channels):
    clean, noisy = image_pair(n, channels)
    value = structural_similarity(clean, noisy, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
                                  data_range=255, channel_axis=0)
    return {"channels": channels, "height": clean.shape[1], "width": clean.shape[2], "ssim": value,
            "psnr": peak_signal_noise_ratio(clean, noisy, data_range=255)}


def ranking():
    random = numpy.random.default_rng(1)
    cases = []
    for count, levels in ((50, 5), (300, 20), (400, 100000)):
        positive = random.random(count) < 0.3
        scores = numpy.round((random.random(count) + 0.3 * positive) * levels) / levels
        false_rate, true_rate, _ = roc_curve(positive, scores, drop_intermediate=False)
        cases.append({"scores": scores.tolist(), "positive": positive.astype(int).tolist(),
                      "auroc": roc_auc_score(positive, scores),
                      "average_precision": average_precision_score(positive, scores),
                      "false_positive_rate": false_rate[:40].tolist(), "true_positive_rate": true_rate[:40].tolist()})
    return cases


def thresholds():
    scores = -numpy.log(1 - (numpy.arange(2000) + 0.5) / 2000)  # an exponential distribution
    median = numpy.median(scores)
    start = numpy.quantile(scores, 0.98)
    excesses = scores[scores > start] - start
    shape, _, scale = genpareto.fit(excesses, floc=0)  # maximum likelihood: near, not equal
    share = len(excesses) / len(scores)
    return {"quantile": numpy.quantile(scores, 0.987), "sigma": scores.mean() + 2.5 * scores.std(),
            "mad": median + 3 * 1.4826 * numpy.median(numpy.abs(scores - median)),
            "tail_by_likelihood": start + genpareto.isf(1e-4 / share, shape, scale=scale)}


def digits():
    table = numpy.loadtxt(DATA / "digits.csv", delimiter=",")
    values, labels = table[:, :-1] / 16, table[:, -1].astype(int)
    return (values[:TRAINING_DIGITS], labels[:TRAINING_DIGITS]), (values[TRAINING_DIGITS:], labels[TRAINING_DIGITS:])


def majority(labels):
    """The most frequent label of each row; of several the one that comes first."""
    counts = (labels[:, :, None] == labels[:, None, :]).sum(2)
    return labels[numpy.arange(len(labels)), counts.argmax(1)]


def neighbours():
    (entries, entry_labels), (queries, query_labels) = digits()
    # Whole numbers: many distances are equal, and equal distances are exactly equal.
    squares = (((queries * 16)[:, None, :] - (entries * 16)[None, :, :]) ** 2).sum(2)
    order = numpy.argsort(squares, axis=1, kind="stable")
    relevant = entry_labels[order] == query_labels[:, None]
    precision = numpy.cumsum(relevant, 1) / numpy.arange(1, len(entries) + 1)
    unit = lambda x: x / numpy.linalg.norm(x, axis=1, keepdims=True)
    cosine = 1 - unit(queries) @ unit(entries).T
    # scikit-learn decides ties of the vote otherwise; where there is none it must agree.
    alone = KNeighborsClassifier(1, algorithm="brute").fit(entries, entry_labels).score(queries, query_labels)
    accuracy = {str(k): numpy.mean(majority(entry_labels[order[:, :k]]) == query_labels) for k in (1, 3, 5)}
    assert accuracy["1"] == alone
    return {"rows": order[:30, :6].tolist(), "squares": squares[numpy.arange(30)[:, None], order[:30, :6]].tolist(),
            "cosine": numpy.sort(cosine, 1)[:30, :3].tolist(), "accuracy": accuracy,
            "precision_at_10": relevant[:, :10].mean(),
            "mean_average_precision": ((precision * relevant).sum(1) / relevant.sum(1)).mean()}


def probe():
    (entries, entry_labels), (queries, query_labels) = digits()
    scaler = StandardScaler().fit(entries)
    model = LogisticRegression(C=1.0, max_iter=10000, tol=1e-8).fit(scaler.transform(entries), entry_labels)
    return {"accuracy": model.score(scaler.transform(queries), query_labels), "bias": model.intercept_.tolist(),
            "weight_of_class_3": model.coef_[3].tolist()}


def iris():
    values = numpy.loadtxt(DATA / "iris.csv", delimiter=",", skiprows=1, usecols=range(4))
    return (values - values.min(0)) / (values.max(0) - values.min(0))


def mixture():
    values = iris()
    model = GaussianMixture(3, n_init=50, random_state=0, tol=1e-8, max_iter=1000).fit(values)
    return {"weights": model.weights_.tolist(), "means": model.means_.tolist(),
            "cholesky": numpy.linalg.cholesky(model.covariances_).tolist(), "best_mean": model.score(values),
            "log_likelihood": model.score_samples(values[:20]).tolist(),
            "one_component_mean": GaussianMixture(1).fit(values).score(values)}


def mahalanobis():
    values = iris()
    return numpy.sqrt(EmpiricalCovariance().fit(values).mahalanobis(values))[:20].tolist()


def pattern(rows, columns, shift):
    i, j = numpy.arange(rows)[:, None] + shift, numpy.arange(1, columns + 1)
    return (numpy.sin(i * j * 0.7 + i ** 2 * 0.013) + shift * 0.05 * j).astype(numpy.float32).astype(float)


def sample_quality():
    real, samples = pattern(300, 5, 0), pattern(200, 5, 1.5)
    a, b = numpy.cov(real.T), numpy.cov(samples.T)
    root = scipy.linalg.sqrtm(a @ b).real
    kernel = lambda x, y: polynomial_kernel(x, y, degree=3, gamma=1 / 5, coef0=1)
    within = lambda x: (kernel(x, x).sum() - numpy.trace(kernel(x, x))) / (len(x) * (len(x) - 1))
    return {**{name: float(value) for name, value in compute_prdc(real, samples, 5).items()},
            "frechet": float(((real.mean(0) - samples.mean(0)) ** 2).sum() + numpy.trace(a + b - 2 * root)),
            "mmd": float(within(real) + within(samples) - 2 * kernel(real, samples).mean())}


def main():
    reference = {
        "made_with": {library.__name__: library.__version__ for library in (numpy, scipy, skimage, sklearn)},
        "images": [similarity(n, 3 if n % 5 == 4 else 1) for n in range(20)],
        "ranking": ranking(), "thresholds": thresholds(), "neighbours": neighbours(), "probe": probe(),
        "mixture": mixture(), "mahalanobis": mahalanobis(), "sample_quality": sample_quality(),
    }
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in reference.items()]
    (HERE / "reference.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
