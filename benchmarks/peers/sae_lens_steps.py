"""The training steps of SAELens' own SAETrainer on the rows of a NumPy file, one after the other and again from the
first: a line of JSON with the milliseconds of each step, on the clock and of the processor. The options are those of sparse_speed."""

import argparse
import json
import os
import time
import warnings

os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("WANDB_MODE", "disabled")
warnings.filterwarnings("ignore")

import numpy
import torch
from sae_lens import (
    BatchTopKTrainingSAEConfig, JumpReLUTrainingSAEConfig, LoggingConfig, MatryoshkaBatchTopKTrainingSAEConfig,
    TopKTrainingSAEConfig,
)
from sae_lens.config import SAETrainerConfig
from sae_lens.registry import get_sae_training_class
from sae_lens.training.sae_trainer import SAETrainer


def config_of(sparsity, latents, width):
    kind, _, numbers = sparsity.partition(":")
    numbers = [int(number) for number in numbers.split(",") if number]
    common = dict(d_in=width, d_sae=latents, dtype="float32")
    if kind == "topk":
        return TopKTrainingSAEConfig(**common, k=numbers[0])
    if kind == "batch-topk":
        return BatchTopKTrainingSAEConfig(**common, k=numbers[0])
    if kind == "matryoshka-batch-topk":
        return MatryoshkaBatchTopKTrainingSAEConfig(**common, k=numbers[0], matryoshka_widths=numbers[1:] + [latents])
    return JumpReLUTrainingSAEConfig(**common)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--sparsity", default="topk:12")
    parser.add_argument("--latents", type=int, default=1024)
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--dead", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warm-steps", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(0)
    batches = torch.from_numpy(numpy.load(asked.data)).split(asked.batch_size)
    batches = [batch for batch in batches if len(batch) == asked.batch_size]
    config = config_of(asked.sparsity, asked.latents, batches[0].shape[1])
    model = get_sae_training_class(config.architecture())[0](config)
    trainer = SAETrainer(sae=model, data_provider=iter(()), cfg=SAETrainerConfig(
        total_training_samples=10**9, train_batch_size_samples=asked.batch_size, lr=3e-4, lr_end=3e-4,
        logger=LoggingConfig(log_to_wandb=False)))
    milliseconds, cpu_milliseconds, step, loss = [], [], 0, 0.0
    while sum(milliseconds) < 1e3 * asked.seconds or len(milliseconds) < 5:
        if asked.dead:
            trainer.n_forward_passes_since_fired[-asked.dead:] = 2000
        before, cpu_before = time.perf_counter(), time.process_time()
        loss = trainer.step(batches[step % len(batches)]).loss
        spent, cpu = 1e3 * (time.perf_counter() - before), 1e3 * (time.process_time() - cpu_before)
        trainer.n_training_steps += 1
        if step >= asked.warm_steps:
            milliseconds.append(spent)
            cpu_milliseconds.append(cpu)
        step += 1
    print(json.dumps({"engine": "SAELens", "milliseconds": milliseconds, "cpu_milliseconds": cpu_milliseconds,
                      "loss": float(loss)}))


if __name__ == "__main__":
    main()
