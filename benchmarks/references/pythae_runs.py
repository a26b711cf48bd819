"""pythae 0.1.2 on MNIST: its objectives and trainers with our networks, initialised as ours are.

A network is fully connected, its reconstruction a sigmoid. Of pythae's own are losses, optimisation and the choice of the epoch, which
is that of the least of its own loss on the test images.
"""

import itertools
import logging
import pathlib
import sys

import torch
from pythae.data.datasets import BaseDataset, DatasetOutput
from pythae.models import (CIWAE, IWAE, MIWAE, PIWAE, RAE_L2, VAE, WAE_MMD, Adversarial_AE, Adversarial_AE_Config, CIWAEConfig, IWAEConfig,
                           MIWAEConfig, PIWAEConfig, RAE_L2_Config, VAEConfig, WAE_MMD_Config)
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


class GaussianEncoder(BaseEncoder):
    """Units of tanh, and a mean and a variance of each value of the code."""

    def __init__(self, widths):
        BaseEncoder.__init__(self)
        self.trunk = nn.Sequential(nn.Flatten(), dense([784, *widths[:-1]], nn.Tanh), nn.Tanh())
        self.mean, self.log_variance = dense(widths[-2:], nn.Tanh), dense(widths[-2:], nn.Tanh)

    def forward(self, x):
        units = self.trunk(x)
        return ModelOutput(embedding=self.mean(units), log_covariance=self.log_variance(units))


class Decoder(BaseDecoder):
    def __init__(self, widths, activation=nn.ReLU):
        BaseDecoder.__init__(self)
        self.layers = nn.Sequential(dense([*reversed(widths), 784], activation), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))

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


class ExportedGaussian(nn.Module):
    """The same of a variational model, with its codes' distributions."""

    def __init__(self, model):
        super().__init__()
        self.trunk, self.mean, self.log_variance = model.encoder.trunk, model.encoder.mean, model.encoder.log_variance
        self.decoder = model.decoder.layers

    @torch.jit.export
    def encode_distribution(self, x: Tensor) -> tuple[Tensor, Tensor]:
        units = self.trunk(x)
        return self.mean(units), self.log_variance(units)

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        return self.encode_distribution(x)[0]

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(z)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


class DrawnImages(BaseDataset):
    """Pixels of 0 and 1, drawn by their grey whenever they are read."""

    def __getitem__(self, index):
        return DatasetOutput(data=torch.bernoulli(self.data[index]), labels=self.labels[index])


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


def settings(folder, batch_size, epochs, seed):
    """What all trainers take; one thread, a fixed seed."""
    logging.disable(logging.INFO)
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    return {"output_dir": str(folder), "per_device_train_batch_size": batch_size, "per_device_eval_batch_size": 1000, "num_epochs": epochs,
            "seed": seed, "no_cuda": True}


def best_model(model, trainer, config, training, judging):
    run = trainer(model=model, train_dataset=training, eval_dataset=judging, training_config=config)
    run.train()
    return run._best_model.eval()


def train(name, widths, epochs, seed, folder):
    """Trains one of MODELS; the path of its TorchScript file in the folder."""
    made = MODELS[name](widths, settings(folder, 128, epochs, seed))
    path = folder / "exported.pt"
    torch.jit.script(Exported(best_model(*made, images("train"), images("t10k")))).save(str(path))
    return path


# A model, its configuration and what that is told.
GROUPS = {"number_gradient_estimates": 8, "number_samples": 8}
BOUNDS = {
    "vae": (VAE, VAEConfig, {}),
    "iwae": (IWAE, IWAEConfig, {"number_samples": 5}),
    "iwae50": (IWAE, IWAEConfig, {"number_samples": 50}),
    "miwae": (MIWAE, MIWAEConfig, GROUPS),
    "piwae": (PIWAE, PIWAEConfig, GROUPS),
    "ciwae": (CIWAE, CIWAEConfig, {"number_samples": 64, "beta": 0.05}),
}


def bound_training(name, common):
    """Adam as the paper has it, its rate in stages of 1, 3, 9, … epochs; of PIWAE for encoder and decoder each."""
    about = {"learning_rate": 1e-3, "optimizer_params": {"eps": 1e-4}, "scheduler_cls": "MultiStepLR",
             "scheduler_params": {"milestones": [1, 4, 13, 40, 121], "gamma": 10 ** (-1 / 7)}}
    if name != "piwae":
        return BaseTrainer, BaseTrainerConfig(**about, **common)
    of_both = {f"{part}_{what}": value for part in ("encoder", "decoder") for what, value in about.items()}
    return CoupledOptimizerTrainer, CoupledOptimizerTrainerConfig(**of_both, **common)


def train_bound(name, epochs, seed, folder, card):
    """Burda et al.'s 784-200-200-50 on drawn pixels by one of BOUNDS; the path of its TorchScript file, which has our model's `card`."""
    common = settings(folder, 20, epochs, seed)
    widths = (200, 200, 50)
    bound, configuration, told = BOUNDS[name]
    about = configuration(input_dim=(1, 28, 28), latent_dim=widths[-1], reconstruction_loss="bce", **told)
    model = bound(about, GaussianEncoder(widths), Decoder(widths, nn.Tanh))
    judging = images("t10k")
    judging.data = torch.bernoulli(judging.data)
    grey = images("train")
    best = best_model(model, *bound_training(name, common), DrawnImages(grey.data, grey.labels), judging)
    path = folder / "exported.pt"
    torch.jit.script(ExportedGaussian(best)).save(str(path), _extra_files={"hourglass.json": card})
    return path
