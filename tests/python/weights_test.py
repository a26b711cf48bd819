"""What Python writes starts a run, and reads what a run writes: python weights_test.py BIN PYTHON

BIN has the executables; PYTHON is one that may import `safetensors`, else that part is left out.
"""

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

WITH_SAFETENSORS = """
import sys
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
source, target = sys.argv[1:]
with safe_open(source, "np") as file:
    metadata = file.metadata()
assert metadata["format"] == "pt" and metadata["variant"] == "dense", metadata
tensors = load_file(source)
assert tensors["encoder.dense1.weight"].shape == (16, 64), tensors.keys()
save_file(tensors, target)
"""


def train(binary, folder, *flags, succeeds=True):
    command = [os.path.join(binary, "dense_autoencoder"), "--out", folder, "--epochs", "1", "--widths", "16,2",
               "--no-figures", "--quiet", *flags]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert (done.returncode == 0) == succeeds, done.stderr
    return done.stderr


def loss_of(folder):
    with open(os.path.join(folder, "metrics.csv")) as file:
        return file.read().splitlines()[1].split(",")[1]


def checkpoints(weights):
    """Name -> what people save."""
    parameters = {name: torch.nn.Parameter(value.clone()) for name, value in weights.items()}
    optimizer = torch.optim.Adam(list(parameters.values()))
    sum(value.sum() for value in parameters.values()).backward()
    optimizer.step()
    for name, value in weights.items():
        parameters[name].data.copy_(value)
    return {
        "state_dict.pt": weights,
        "checkpoint.pth": {"epoch": 3, "state_dict": weights, "optimizer": optimizer.state_dict()},
        "model.pt": {"model": parameters, "optimizer": optimizer.state_dict(), "loss": 0.5},
        "distributed.pt": {"model_state_dict": {"module." + name: value for name, value in weights.items()}},
        "transposed.pt": {name: value.t().contiguous().t() for name, value in weights.items()},
        "double.bin": {name: value.double() for name, value in weights.items()},
    }


class Custom(torch.nn.Linear):
    pass


def check_refusals(binary, folder, weights):
    path = os.path.join(folder, "refused.pt")
    for saved, expected, options in [
            (Custom(2, 3), "the Python class __main__.Custom", {}),
            (weights, "old torch.save", {"_use_new_zipfile_serialization": False}),
            ([torch.ones(2)], "expected tensors by name, found a list", {}),
            ({"encoder": torch.ones(2)}, "expected a tensor 'decoder.dense1.bias' of shape 16", {})]:
        torch.save(saved, path, **options)
        error = train(binary, os.path.join(folder, "refused"), "--init-from", path, succeeds=False)
        assert expected in error and error.count("\n") == 1, error
    print("ok: what is no state dictionary is refused")


def check_safetensors(binary, folder, python, expected):
    source, target = os.path.join(folder, "run", "best.safetensors"), os.path.join(folder, "python.safetensors")
    if subprocess.run([python, "-c", "import safetensors, numpy"], stderr=subprocess.DEVNULL).returncode != 0:
        print(f"the part with Python's safetensors is left out: {python} does not import it")
        return
    subprocess.run([python, "-c", WITH_SAFETENSORS, source, target], check=True)
    train(binary, os.path.join(folder, "python"), "--init-from", target)
    assert loss_of(os.path.join(folder, "python")) == expected
    print("ok: Python's safetensors reads ours, and we read its")


def main():
    binary, python = sys.argv[1:]
    if not os.path.exists(python):
        python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        run = os.path.join(folder, "run")
        train(binary, run, "--save-parts", "safetensors")
        with open(os.path.join(run, "card.json")) as file:
            assert json.load(file)["variant"] == "dense"
        train(binary, os.path.join(folder, "expected"), "--init-from", os.path.join(run, "best.pt"))
        expected = loss_of(os.path.join(folder, "expected"))
        assert expected != loss_of(run), "other weights give another loss"
        weights = {name: value.detach() for name, value in torch.jit.load(os.path.join(run, "best.pt")).state_dict().items()}
        for name, saved in checkpoints(weights).items():
            path = os.path.join(folder, name)
            torch.save(saved, path)
            train(binary, path + "-run", "--init-from", path)
            found = loss_of(path + "-run")
            assert found == expected, (name, found, expected)
            print(f"ok: {name} starts a run as best.pt does: {found}")
        check_refusals(binary, folder, weights)
        check_safetensors(binary, folder, python, expected)


main()
