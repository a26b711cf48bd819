#!/usr/bin/env python3
"""PyTorch. Settings: eager, channels-last (of convolutional recipes), compile.

Data lie in memory as float32; the optimizer is fused where PyTorch has it so on the CPU (Adam), else by tensor lists.
"""

import os

import measuring

ARGUMENTS = measuring.common_arguments(__doc__).parse_args()
os.environ["OMP_NUM_THREADS"] = str(ARGUMENTS.threads)

import torch  # noqa: E402: threads have to be known before

import data  # noqa: E402
from torch_networks import Autoencoder  # noqa: E402

torch.set_num_threads(ARGUMENTS.threads)


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
