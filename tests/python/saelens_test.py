"""SAELens computes what we compute from the folders we write: python saelens_test.py BIN PYTHON

BIN has the executables; PYTHON is one that imports `sae_lens`, else the test is skipped. Installing that takes ten minutes,
so scripts/test.sh does it with HOURGLASS_TEST_SAELENS=1 alone; docs/sparse_autoencoders.md has the last result.
"""

import os
import subprocess
import sys
import tempfile

SPARSITIES = {
    "topk": ["--sparsity", "topk:6"],
    "topk-unscaled": ["--sparsity", "topk:6", "--unscaled-selection"],
    "batch-topk": ["--sparsity", "batch-topk:6"],
    "matryoshka": ["--sparsity", "matryoshka-batch-topk:6,16,48"],
    "jumprelu": ["--sparsity", "jumprelu", "--decoder-norm", "0.5"],
    "gated": ["--sparsity", "gated"],
    "standard": ["--sparsity", "standard", "--scale", "norm"],
    "no-pre-bias": ["--sparsity", "topk:6", "--no-pre-bias", "--scale", "none"],
}

WITH_SAELENS = """
import json, sys, warnings
warnings.filterwarnings("ignore")
import torch
from sae_lens.saes.sae import SAE
for run in sys.argv[1:]:
    sae = SAE.load_from_disk(run + "/saelens", device="cpu")
    extra = {"hourglass.json": ""}
    ours = torch.jit.load(run + "/best.pt", _extra_files=extra)
    card = json.loads(extra["hourglass.json"])
    (factor,) = card["data"]["scaling"]["factor"]
    torch.manual_seed(1)
    stored = (torch.rand(200, 64) * 16).round()
    with torch.no_grad():
        scaled = (stored * factor).reshape(-1, *card["input_shape"])
        code, output = ours.encode(scaled), ours.forward(scaled).flatten(1) / factor
        theirs = sae.encode(stored)
        reconstruction = sae.decode(theirs)
    assert (code > 0).any(), run
    assert torch.equal(code > 0, theirs > 0), (run, ((code > 0) != (theirs > 0)).sum())
    # A folded code is ours times the lengths of the vectors.
    ratio = (theirs / code)[code > 0]
    if sae.cfg.architecture() not in ("topk", "jumprelu"):
        assert torch.allclose(ratio, torch.ones_like(ratio), rtol=1e-3), run
    distance = (reconstruction - output).norm() / output.norm()
    assert distance < 1e-5, (run, distance)
    print(f"{run.rsplit('/', 1)[-1]}: {sae.cfg.architecture()}, {float((code > 0).float().sum(1).mean()):.1f} units a row, "
          f"reconstructions {float(distance):.1e} apart")
"""


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stderr)


def main(binary, python):
    check = subprocess.run([python, "-c", "import sae_lens"], capture_output=True) if os.path.exists(python) else None
    if check is None or check.returncode != 0:
        print("SKIPPED: no Python that imports sae_lens: HOURGLASS_TEST_SAELENS=1 scripts/test.sh installs one")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        runs = []
        for name, flags in SPARSITIES.items():
            out = os.path.join(folder, name)
            run([os.path.join(binary, "sparse_autoencoder"), "--dataset", "digits", "--widths", "96", "--epochs", "5",
                 "--batch-size", "32", "--out", out, "--no-figures", "--quiet", *flags])
            run([os.path.join(binary, "export"), os.path.join(out, "best.pt"), "--format", "saelens", "--out",
                 os.path.join(out, "saelens")])
            runs.append(out)
        done = subprocess.run([python, "-c", WITH_SAELENS, *runs], capture_output=True, text=True)
        print(done.stdout, done.stderr[-3000:])
        return done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
