"""pythae 0.1.2 on MNIST: its objectives and trainers with our networks, initialised as ours are.

A network is fully connected, its units rectified, its reconstruction a sigmoid. Of pythae's own are losses, optimisation and the choice of the epoch, which
is that of the least of its own loss on the test images.
"""

import itertools
import logging
import pathlib
import sys

import torch
from pythae.data.datasets import BaseDataset
from pythae.models import RAE_L2, WAE_MMD, Adversarial_AE, Adversarial_AE_Config, RAE_L2_Config, WAE_MMD_Config
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseDiscriminator, BaseEncoder
from pythae.trainers import (AdversarialTrainer, AdversarialTrainerConfig, BaseTrainer, BaseTrainerConfig, CoupledOptimizerTrainer,
                             CoupledOptimizerTrainerConfig)
from torch import Tensor, nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
import data  # noqa: E402


def dense(widths, activation):
    """Linear layers with `activation` between them, Glorot's weights and no biases to begin with."""
    layers = []
    for inputs, outputs in itertools.pairwise(widths):
        layer = nn.Linear(inputs, outputs)
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)
        layers += [layer, activation()]
    return nn.Sequential(*layers[:-1])


class Encoder(BaseEncoder):
    def __init__(self, widths):
        BaseEncoder.__init__(self)
        self.layers = dense([784, *widths], nn.ReLU)

    def forward(self, x):
        z = self.layers(x.flatten(1))
        return ModelOutput(embedding=z, log_covariance=torch.zeros_like(z))


class Decoder(BaseDecoder):
    def __init__(self, widths):
        BaseDecoder.__init__(self)
        self.layers = nn.Sequential(dense([*reversed(widths), 784], nn.ReLU), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))

    def forward(self, z):
        return ModelOutput(reconstruction=self.layers(z))


class Critic(BaseDiscriminator):
    def __init__(self, widths):
        BaseDiscriminator.__init__(self)
        self.layers = nn.Sequential(dense([*widths, 1], nn.LeakyReLU), nn.Sigmoid())

    def forward(self, z):
        return ModelOutput(embedding=self.layers(z))


class Exported(nn.Module):
    """What our tools read: a TorchScript file with encode, decode and forward."""

    def __init__(self, model):
        super().__init__()
        self.encoder, self.decoder = nn.Sequential(nn.Flatten(), model.encoder.layers), model.decoder.layers

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        return self.encoder(x)

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(z)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


def wae(widths, common):
    config = WAE_MMD_Config(input_dim=(1, 28, 28), latent_dim=widths[-1], reg_weight=10)
    return WAE_MMD(config, Encoder(widths), Decoder(widths)), BaseTrainer, BaseTrainerConfig(learning_rate=1e-3, **common)


def aae(widths, common):
    """With pythae's own balance of reconstruction and deception, which one optimizer minimises together."""
    config = Adversarial_AE_Config(input_dim=(1, 28, 28), latent_dim=widths[-1], reconstruction_loss="bce", deterministic_posterior=True)
    critic = Critic([widths[-1], *widths[:-1]])
    return (Adversarial_AE(config, Encoder(widths), Decoder(widths), critic), AdversarialTrainer,
            AdversarialTrainerConfig(autoencoder_learning_rate=1e-3, discriminator_learning_rate=1e-3, **common))


def rae(widths, common):
    """The gradient of 1e-4 ‖θ‖² is 2e-4 θ, which Adam's weight decay adds, here of the decoder's biases too."""
    config = RAE_L2_Config(input_dim=(1, 28, 28), latent_dim=widths[-1], embedding_weight=1e-2)
    return (RAE_L2(config, Encoder(widths), Decoder(widths)), CoupledOptimizerTrainer,
            CoupledOptimizerTrainerConfig(encoder_learning_rate=1e-3, decoder_learning_rate=1e-3,
                                          decoder_optimizer_params={"weight_decay": 2e-4}, **common))


MODELS = {"wae": wae, "aae": aae, "rae": rae}


def images(part):
    items = torch.from_numpy(data.images("mnist", part)).reshape(-1, 1, 28, 28)
    return BaseDataset(items, torch.zeros(len(items)))


def train(name, widths, epochs, seed, folder):
    """Trains one of MODELS; the path of its TorchScript file in the folder."""
    logging.disable(logging.INFO)
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    common = {"output_dir": str(folder), "per_device_train_batch_size": 128, "per_device_eval_batch_size": 1000, "num_epochs": epochs,
              "seed": seed, "no_cuda": True}
    model, trainer, config = MODELS[name](widths, common)
    training = trainer(model=model, train_dataset=images("train"), eval_dataset=images("t10k"), training_config=config)
    training.train()
    path = folder / "exported.pt"
    torch.jit.script(Exported(training._best_model).eval()).save(str(path))
    return path
