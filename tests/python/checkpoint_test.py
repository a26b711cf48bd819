"""What Python makes of a run: python checkpoint_test.py BIN DIGITS_CSV

Trains with the executables in BIN and uses the files with nothing but PyTorch.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError:
    print("SKIPPED: this Python does not import torch")
    sys.exit(77)


def train(binary, folder, *flags, variant="dense"):
    command = [os.path.join(binary, f"{variant}_autoencoder"), "--out", folder, "--no-figures", "--quiet", *flags]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "run.json")) as file:
        return json.load(file)["results"]


def load(folder):
    extra = {"hourglass.json": ""}
    model = torch.jit.load(os.path.join(folder, "best.pt"), _extra_files=extra).eval()
    return model, json.loads(extra["hourglass.json"])


def expect_close(what, actual, expected, tolerance):
    if abs(actual - expected) > tolerance:
        raise SystemExit(f"{what}: expected {expected}, found {actual}")
    print(f"ok: {what} {actual:.6f}")


def digit_images(digits_csv):
    with open(digits_csv) as file:
        rows = torch.tensor([[float(cell) for cell in line.split(",")] for line in file if line.strip()])
    return rows[:, :64].view(-1, 1, 8, 8) / 16


def state_header(path):
    """The texts of a safetensors file's header, read as the format's page describes it."""
    with open(path, "rb") as file:
        return json.loads(file.read(int.from_bytes(file.read(8), "little")))["__metadata__"]


def check_digits(binary, digits_csv, folder):
    results = train(binary, folder, "--epochs", "5", "--validation", "last:0.2", "--save-parts",
                    "encoder,decoder,weights,architecture")
    images = digit_images(digits_csv)
    images = images[int(0.8 * len(images)):]
    model, metadata = load(folder)
    with torch.no_grad():
        loss = torch.nn.functional.mse_loss(model(images), images).item()
        expect_close("digits validation loss", loss, results["best"]["validation"]["loss"], 1e-6)
        expect_close("its metadata", metadata["metrics"]["validation"]["loss"], loss, 1e-6)
        codes = model.encode(images)
        expect_close("decode(encode(x)) - forward(x)", (model.decode(codes) - model(images)).abs().max().item(), 0, 0)
        layers = model.layers(images)
        assert len(layers) == len(metadata["layers"]) and metadata["layers"][0] == "encoder.flatten1", metadata["layers"]
        encoder = torch.jit.load(os.path.join(folder, "encoder.pt"))
        decoder = torch.jit.load(os.path.join(folder, "decoder.pt"))
        expect_close("decoder(encoder(x)) - forward(x)",
                     (decoder(encoder(images)) - model(images)).abs().max().item(), 0, 1e-6)
    weights = torch.load(os.path.join(folder, "weights.pt"))
    assert sorted(weights) == sorted(name for name, _ in model.named_parameters()), sorted(weights)
    for name, parameter in model.named_parameters():
        assert torch.equal(weights[name], parameter), name
    assert state_header(os.path.join(folder, "last.safetensors"))["epoch"] == "5"
    with open(os.path.join(folder, "architecture.json")) as file:
        assert json.load(file)["options"]["widths"] == [32, 2]


def check_variational(binary, digits_csv, folder):
    train(binary, folder, "--epochs", "1", variant="variational")
    images = digit_images(digits_csv)[:7]
    model, metadata = load(folder)
    assert metadata["code_kind"] == "gaussian" and metadata["code_shape"] == [2], metadata
    with torch.no_grad():
        mean, log_variance = model.encode_distribution(images)
        assert mean.shape == log_variance.shape == (7, 2), (mean.shape, log_variance.shape)
        expect_close("encode(x) - mean", (model.encode(images) - mean).abs().max().item(), 0, 1e-6)
        expect_close("decode(mean) - forward(x)", (model.decode(mean) - model(images)).abs().max().item(), 0, 1e-6)
        samples = model.sample(5)
        assert samples.shape == (5, 1, 8, 8) and 0 <= samples.min() and samples.max() <= 1, samples
        assert not torch.equal(samples, model.sample(5)), "every call draws anew"


def check_conditional(binary, digits_csv, folder):
    train(binary, folder, "--epochs", "1", variant="conditional")
    images = digit_images(digits_csv)[:7]
    model, metadata = load(folder)
    assert metadata["condition"]["width"] == 10 and metadata["condition"]["names"][3] == "3", metadata["condition"]
    sevens = torch.nn.functional.one_hot(torch.full((7,), 7), 10).float()
    with torch.no_grad():
        codes = model.encode(images, sevens)
        expect_close("decode(encode(x, c), c) - forward(x, c)",
                     (model.decode(codes, sevens) - model(images, sevens)).abs().max().item(), 0, 1e-6)
        assert model.sample(7, sevens).shape == images.shape


def check_vector_quantized(binary, digits_csv, folder):
    train(binary, folder, "--epochs", "1", variant="vector_quantized")
    images = digit_images(digits_csv)[:7]
    model, metadata = load(folder)
    assert metadata["code_kind"] == "indices", metadata
    with torch.no_grad():
        codes = model.encode(images)
        assert codes.dtype == torch.int64 and codes.shape == (7, 2, 2), codes
        expect_close("decode(encode(x)) - forward(x)", (model.decode(codes) - model(images)).abs().max().item(), 0, 1e-6)


def check_mnist(binary, data, folder):
    results = train(binary, folder, "--recipe", "mnist-2d-linear", "--epochs", "1", "--data-dir", data)
    with gzip.open(os.path.join(data, "mnist", "t10k-images-idx3-ubyte.gz")) as file:
        pixels = torch.frombuffer(bytearray(file.read()[16:]), dtype=torch.uint8)
    images = pixels.view(10000, 1, 28, 28).float() / 255
    with torch.no_grad():
        loss = torch.nn.functional.mse_loss(load(folder)[0](images), images).item()
    expect_close("MNIST test loss", loss, results["best"]["validation"]["loss"], 1e-6)


def main():
    binary, digits_csv = sys.argv[1:]
    data = os.environ.get("HOURGLASS_DATA", "")
    with tempfile.TemporaryDirectory() as folder:
        check_digits(binary, digits_csv, os.path.join(folder, "digits"))
        check_variational(binary, digits_csv, os.path.join(folder, "variational"))
        check_conditional(binary, digits_csv, os.path.join(folder, "conditional"))
        check_vector_quantized(binary, digits_csv, os.path.join(folder, "vector_quantized"))
        if os.path.exists(os.path.join(data, "mnist")):
            check_mnist(binary, data, os.path.join(folder, "mnist"))
        else:
            print("the MNIST part is left out: HOURGLASS_DATA has no mnist/")


main()
