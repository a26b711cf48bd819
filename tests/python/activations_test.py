"""What the tool `activations` says, beside PyTorch's own autograd: python activations_test.py BIN DIGITS_CSV

Trains small models with the executables in BIN, writes a third-party one, and compares every layer's output and every
gradient that the tool saves with what Python computes from the same TorchScript file, and from the third-party module
before it became one.
"""

import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy
    import torch
except ImportError as error:
    print(f"SKIPPED: {error}")
    sys.exit(77)

binary, digits_csv = sys.argv[1:3]
ROWS = [3, 17, 200]
LOSSES = {"bce": torch.nn.functional.binary_cross_entropy, "mse": torch.nn.functional.mse_loss,
          "mae": torch.nn.functional.l1_loss}


def digit_images():
    with open(digits_csv) as file:
        rows = torch.tensor([[float(cell) for cell in line.split(",")] for line in file if line.strip()])
    return rows[:, :64].view(-1, 1, 8, 8)[ROWS] / 16


def run_tool(checkpoint, path, *flags):
    command = [os.path.join(binary, "activations"), checkpoint, "--indices", ",".join(map(str, ROWS)), "--split", "all",
               "--gradients", "--no-figures", "--threads", "1", "--json", "--save", path, *flags]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def expect_close(what, actual, expected):
    expected = expected.detach().numpy()
    assert actual.dtype == expected.dtype and actual.shape == expected.shape, (what, actual.shape, expected.shape)
    worst = numpy.abs(actual - expected).max()
    if worst > 1e-6 + 1e-4 * numpy.abs(expected).max():
        raise SystemExit(f"{what}: differs by {worst}")


def compare(what, saved, facts, x, layers, parameters, loss):
    """`layers`: names and tensors in the graph of `loss`."""
    for _, value in layers:
        value.retain_grad()
    loss.backward()
    expect_close("input", saved["input"], x)
    assert abs(saved["loss"].item() - loss.item()) < 1e-6 and abs(facts["loss"] - loss.item()) < 1e-6
    expect_close("gradient of the input", saved["input_gradient"], x.grad)
    assert [name for name, _ in layers] == [row["name"] for row in facts["layers"]], facts["layers"]
    for name, value in layers:
        expect_close(name, saved[f"layers/{name}"], value)
        gradient = torch.zeros_like(value) if value.grad is None else value.grad
        expect_close(f"gradient of {name}", saved[f"layer_gradients/{name}"], gradient)
    for name, value in parameters:
        gradient = torch.zeros_like(value) if value.grad is None else value.grad
        expect_close(f"gradient of {name}", saved[f"weight_gradients/{name}"], gradient)
    print(f"ok: {what}: {len(layers)} layers, {len(list(parameters))} weights")


def check_ours(variant, folder):
    run = os.path.join(folder, variant)
    subprocess.run([os.path.join(binary, f"{variant}_autoencoder"), "--out", run, "--epochs", "1", "--no-figures",
                    "--quiet"], check=True, stdout=subprocess.DEVNULL)
    checkpoint = os.path.join(run, "best.pt")
    facts = run_tool(checkpoint, os.path.join(folder, f"{variant}.npz"))
    extra = {"hourglass.json": ""}
    model = torch.jit.load(checkpoint, _extra_files=extra).eval()
    metadata = json.loads(extra["hourglass.json"])
    x = digit_images().requires_grad_()
    with torch.jit.optimized_execution(False):  # fused blocks of layers have no gradients inside
        layers = list(zip(metadata["layers"], model.layers(x)))
    loss = LOSSES[metadata["options"]["loss"]](layers[-1][1], digit_images())
    compare(variant, numpy.load(os.path.join(folder, f"{variant}.npz")), facts, x, layers,
            list(model.named_parameters()), loss)


class ThirdPartyModel(torch.nn.Module):
    """Nested names, a layer that works in place, and one that returns a tuple."""

    def __init__(self):
        super().__init__()
        self.encoder = torch.nn.Sequential(
            torch.nn.Conv2d(1, 3, 3, padding=1), torch.nn.ReLU(inplace=True),
            torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3, stride=2, padding=1), torch.nn.BatchNorm2d(2)))
        self.memory = torch.nn.LSTM(4, 5, batch_first=True)
        self.decoder = torch.nn.ModuleList([torch.nn.Linear(5, 8), torch.nn.Linear(64, 64)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = self.encoder(x).flatten(1, 2)
        h, _ = self.memory(z)
        for i, layer in enumerate(self.decoder):
            h = layer(h if i == 0 else h.flatten(1))
        return torch.sigmoid(h).view(-1, 1, 8, 8)


def check_third_party(how, folder, make):
    torch.manual_seed(2)
    module = ThirdPartyModel().eval()
    path = os.path.join(folder, f"{how}.pt")
    make(module).save(path)
    facts = run_tool(path, path + ".npz", "--dataset", "digits")
    outputs = []

    def hook(name):
        def record(_, __, result):
            outputs.append((name, result if torch.is_tensor(result) else result[0]))
            # As the tool does: an in-place layer behind this one works on a copy.
            return result.clone() if torch.is_tensor(result) else None
        return record

    for name, layer in module.named_modules():
        if name not in ("", "decoder", "encoder", "encoder.2"):
            layer.register_forward_hook(hook(name))
    x = digit_images().requires_grad_()
    result = module(x)
    outputs.append(("output", result))
    compare(f"a third-party {how} module", numpy.load(path + ".npz"), facts, x, outputs,
            list(module.named_parameters()), LOSSES["mse"](result, digit_images()))


with tempfile.TemporaryDirectory() as folder:
    for variant in ("dense", "convolutional", "variational", "lstm"):
        check_ours(variant, folder)
    check_third_party("scripted", folder, torch.jit.script)
    check_third_party("traced", folder, lambda module: torch.jit.trace(module, torch.rand(2, 1, 8, 8)))
