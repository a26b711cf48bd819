"""The recipes' networks in PyTorch."""

import torch
from torch import nn

from recipes import Conv, Dense, Lstm, Norm, Pool, Repeat, Reshape, Upsample

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
        self.encoder = stack(recipe.encoder)
        self.heads = nn.ModuleList(stack([head]) for head in recipe.heads)
        self.decoder = stack(recipe.decoder)

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
