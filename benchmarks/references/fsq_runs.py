"""vector-quantize-pytorch's FSQ on Fashion-MNIST, in the network of its example, initialised as ours is."""

import pathlib
import sys

import numpy
import torch
from torch import nn
from vector_quantize_pytorch import FSQ

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
import data  # noqa: E402


def convolution(inputs, outputs, kernel):
    layer = nn.Conv2d(inputs, outputs, kernel, padding="same")
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def images(part):
    return torch.from_numpy(data.images("fashion-mnist", part)).reshape(-1, 1, 28, 28)


def train(levels, epochs, batch, learning_rate, seed):
    """Reconstructions and indices of the test images, of the epoch with the least mean absolute error on them, as ours keeps it."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    encoder = nn.Sequential(convolution(1, 16, 3), nn.MaxPool2d(2), nn.GELU(), convolution(16, 32, 3), nn.MaxPool2d(2),
                            convolution(32, len(levels), 1))
    quantizer = FSQ(list(levels))
    decoder = nn.Sequential(convolution(len(levels), 32, 3), nn.Upsample(scale_factor=2), convolution(32, 16, 3), nn.GELU(),
                            nn.Upsample(scale_factor=2), convolution(16, 1, 3))
    optimizer = torch.optim.AdamW([*encoder.parameters(), *decoder.parameters()], lr=learning_rate, weight_decay=0.01)
    training, test = images("train"), images("t10k")
    best = None
    for _ in range(epochs):
        for rows in torch.randperm(len(training)).split(batch):
            items = training[rows]
            codes, _ = quantizer(encoder(items))
            optimizer.zero_grad()
            (decoder(codes) - items).abs().mean().backward()
            optimizer.step()
        with torch.no_grad():
            pairs = [quantizer(encoder(items)) for items in test.split(1000)]
            found = (torch.cat([decoder(codes) for codes, _ in pairs]).numpy(), torch.cat([indices for _, indices in pairs]).numpy())
        error = numpy.abs(found[0] - test.numpy()).mean()
        if best is None or error < best[0]:
            best = (error, *found)
    return best[1:]
