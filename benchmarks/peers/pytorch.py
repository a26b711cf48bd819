#!/usr/bin/env python3
"""PyTorch. Settings: eager, channels-last (of convolutional recipes), compile.

Data lie in memory as float32; the optimizer is fused where PyTorch has it so on the CPU (Adam), else by tensor lists.
"""

import os

import measuring
from recipes import Conv, Dense, Lstm, Norm, Pool, Repeat, Reshape, Upsample

ARGUMENTS = measuring.common_arguments(__doc__).parse_args()
os.environ["OMP_NUM_THREADS"] = str(ARGUMENTS.threads)

import torch  # noqa: E402: threads have to be known before
from torch import nn  # noqa: E402

import data  # noqa: E402

torch.set_num_threads(ARGUMENTS.threads)
ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}


class LstmLayer(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.lstm, self.last = nn.LSTM(layer.features, layer.units, batch_first=True), layer.last

    def forward(self, x):
        sequence, (last, _) = self.lstm(x)
        return last[0] if self.last else sequence


class RepeatLayer(nn.Module):
    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def forward(self, x):
        return x.unsqueeze(1).expand(-1, self.steps, -1)


def convolution(layer):
    if layer.transposed:
        padding = 1 if layer.same else 0
        return [nn.ConvTranspose2d(layer.inputs, layer.outputs, layer.kernel, layer.stride, padding, bias=layer.bias)]
    is_odd = layer.kernel % 2 == 1
    conv = nn.Conv2d(layer.inputs, layer.outputs, layer.kernel, layer.stride,
                     layer.kernel // 2 if layer.same and is_odd else 0, bias=layer.bias)
    # An even kernel of stride 1 pads to the right and at the bottom; of stride 2 on 28 pixels it needs none.
    uneven = layer.same and not is_odd and layer.stride == 1
    return [nn.ZeroPad2d((0, 1, 0, 1)), conv] if uneven else [conv]


def modules(layer):
    match layer:
        case Dense():
            found = [nn.Linear(layer.inputs, layer.outputs)]
        case Conv():
            found = convolution(layer)
        case Norm():
            found = [nn.BatchNorm2d(layer.channels, eps=1e-3, momentum=0.01)]
        case Pool():
            found = [nn.MaxPool2d(2, ceil_mode=True)]
        case Upsample():
            found = [nn.Upsample(scale_factor=2)]
        case Reshape():
            found = [nn.Unflatten(1, layer.shape) if len(layer.shape) > 1 else nn.Flatten()]
        case Lstm():
            found = [LstmLayer(layer)]
        case Repeat():
            found = [RepeatLayer(layer.steps)]
    return found + [ACTIVATIONS[layer.activation]()] if getattr(layer, "activation", "linear") != "linear" else found


def stack(layers):
    return nn.Sequential(*(module for layer in layers for module in modules(layer)))


class Autoencoder(nn.Module):
    def __init__(self, recipe):
        super().__init__()
        self.recipe = recipe
        self.encoder, self.decoder = stack(recipe.encoder), stack(recipe.decoder)
        self.heads = nn.ModuleList(stack([head]) for head in recipe.heads)

    def encode(self, x):
        hidden = self.encoder(x)
        return self.heads[0](hidden) if self.recipe.code else hidden

    def forward(self, x):
        logits = self.decoder(self.encode(x))
        return torch.sigmoid(logits) if self.recipe.output == "sigmoid" else logits

    def loss(self, x, target):
        code, kl = self.encoder(x), 0
        if self.recipe.code:
            mean, log_variance = (head(code) for head in self.heads)
            code = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
            kl = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1).mean()
        logits = self.decoder(code)
        if self.recipe.loss == "mse":
            return nn.functional.mse_loss(torch.sigmoid(logits) if self.recipe.output == "sigmoid" else logits, target)
        bce = nn.functional.binary_cross_entropy_with_logits
        if self.recipe.code:
            return bce(logits, target, reduction="sum") / len(x) + kl
        return bce(logits, target)


def optimizer_of(recipe, model):
    if recipe.optimizer == "adam":
        return torch.optim.Adam(model.parameters(), recipe.learning_rate, eps=1e-7, fused=True)
    return torch.optim.RMSprop(model.parameters(), recipe.learning_rate, alpha=0.9, eps=1e-7, foreach=True)


def train(recipe, setting, clock):
    if setting == "channels-last" and not recipe.is_convolutional:
        raise ValueError("channels-last: expected a convolutional recipe")
    if setting == "compile" and recipe.is_recurrent:
        raise ValueError("compile: nn.LSTM is left as it is by torch.compile")
    torch.manual_seed(1)
    inputs, targets = (torch.from_numpy(rows) for rows in data.training_rows(recipe))
    model = Autoencoder(recipe)
    if setting == "channels-last" or (setting == "compile" and recipe.is_convolutional):
        model = model.to(memory_format=torch.channels_last)
        inputs, targets = (rows.contiguous(memory_format=torch.channels_last) for rows in (inputs, targets))
    optimizer = optimizer_of(recipe, model)
    loss_of, update = model.loss, optimizer.step
    if setting == "compile":
        torch._dynamo.reset()
        loss_of = torch.compile(model.loss, dynamic=False)
        if recipe.optimizer != "adam":  # Adam's step is one fused kernel already
            update = torch.compile(optimizer.step)

    def step(positions):
        x = inputs.index_select(0, positions)
        target = x if targets is inputs else targets.index_select(0, positions)
        # The short last batch would be compiled for itself: a minute for one step in hundreds.
        whole = len(positions) == recipe.batch_size
        optimizer.zero_grad(set_to_none=True)
        loss = (loss_of if whole else model.loss)(x, target)
        loss.backward()
        update()
        return loss.detach()

    first_step = None
    while True:
        begin = measuring.now()
        total = torch.zeros(())
        for positions in torch.randperm(len(inputs)).split(recipe.batch_size):
            total += step(positions)
            first_step = first_step or measuring.since_start()
        loss = total.item() / clock.steps
        if not clock.epoch_ended(measuring.now() - begin, loss):
            return first_step


if __name__ == "__main__":
    measuring.main("PyTorch", train, ["torch"], ARGUMENTS)
