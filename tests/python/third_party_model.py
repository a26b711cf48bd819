"""TorchScript files of models that know nothing of this project: python third_party_model.py FOLDER

Writes into FOLDER
  autoencoder.pt       forward, encode and decode for grey images [B, 1, 8, 8] and codes [B, 3]
  forward_only.pt      the same network with forward alone
  variational.pt       encode and forward return tuples: (mean, log variance) and (reconstruction, mean, log variance)
  weights.pt           the weights alone, by torch.save: no program to run
or, where this Python lacks torch, the file "reason" that says so.
"""

import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)

try:
    import torch
except ImportError as error:
    (folder / "reason").write_text(f"{sys.executable}: {error}")
    sys.exit(0)

from torch import Tensor, nn


class ForwardOnly(nn.Module):
    def __init__(self):
        super().__init__()
        self.squeeze = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 3))
        self.expand = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 64), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return self.expand(self.squeeze(x)).view(-1, 1, 8, 8)


class ThirdPartyAutoencoder(ForwardOnly):
    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        return self.squeeze(x)

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        return self.expand(z).view(-1, 1, 8, 8)


class ThirdPartyVariational(ForwardOnly):
    @torch.jit.export
    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = self.squeeze(x)
        return mean, torch.full_like(mean, -1.0)

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        return self.expand(z).view(-1, 1, 8, 8)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, log_variance = self.encode(x)
        return self.decode(mean), mean, log_variance


for name, build in (("autoencoder", ThirdPartyAutoencoder), ("forward_only", ForwardOnly),
                    ("variational", ThirdPartyVariational)):
    torch.manual_seed(1)
    torch.jit.script(build()).save(folder / f"{name}.pt")
torch.save(ForwardOnly().state_dict(), folder / "weights.pt")
