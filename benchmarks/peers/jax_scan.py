#!/usr/bin/env python3
"""JAX, dense recipes: data on the device, each epoch one compiled call with a scan over its batches."""

import os

import measuring
from recipes import Dense

ARGUMENTS = measuring.common_arguments(__doc__).parse_args()
if ARGUMENTS.threads == 1:
    os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
os.environ["JAX_PLATFORMS"] = "cpu"

import functools  # noqa: E402: threads have to be known before

import jax  # noqa: E402
import numpy  # noqa: E402
from jax import numpy as jnp  # noqa: E402

import data  # noqa: E402

ACTIVATIONS = {"linear": lambda x: x, "relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}


def new_weights(layers, random):
    """Glorot uniform, as Keras and our programs begin."""
    weights = []
    for layer in layers:
        limit = (6 / (layer.inputs + layer.outputs)) ** 0.5
        kernel = random.uniform(-limit, limit, (layer.inputs, layer.outputs)).astype("float32")
        weights.append((jnp.asarray(kernel), jnp.zeros(layer.outputs)))
    return weights


def run(layers, weights, x):
    for layer, (kernel, bias) in zip(layers, weights):
        x = ACTIVATIONS[layer.activation](x @ kernel + bias)
    return x


def loss_of(recipe, weights, x, key):
    encoder, heads, decoder = weights
    code, kl = run(recipe.encoder, encoder, x), 0
    if recipe.code:
        mean, log_variance = (run([layer], [part], code) for layer, part in zip(recipe.heads, heads))
        code = mean + jnp.exp(0.5 * log_variance) * jax.random.normal(key, mean.shape)
        kl = -0.5 * jnp.mean(jnp.sum(1 + log_variance - mean**2 - jnp.exp(log_variance), axis=1))
    logits = run(recipe.decoder, decoder, code)
    if recipe.loss == "mse":
        return jnp.mean((ACTIVATIONS[recipe.output](logits) - x) ** 2)
    bce = jnp.maximum(logits, 0) - logits * x + jnp.log1p(jnp.exp(-jnp.abs(logits)))
    return jnp.mean(jnp.sum(bce, axis=1)) + kl if recipe.code else jnp.mean(bce)


def updated(recipe, weights, gradients, state):
    """Adam, or RMSprop in LibTorch's form."""
    rate, epsilon = recipe.learning_rate, 1e-7
    tree = jax.tree_util.tree_map
    if recipe.optimizer == "rmsprop":
        squares = tree(lambda s, g: 0.9 * s + 0.1 * g * g, state, gradients)
        return tree(lambda w, g, s: w - rate * g / (jnp.sqrt(s) + epsilon), weights, gradients, squares), squares
    means, squares, steps = state
    steps = steps + 1
    means = tree(lambda m, g: 0.9 * m + 0.1 * g, means, gradients)
    squares = tree(lambda s, g: 0.999 * s + 0.001 * g * g, squares, gradients)
    size = rate / (1 - 0.9**steps)
    root = jnp.sqrt(1 - 0.999**steps)
    weights = tree(lambda w, m, s: w - size * m / (jnp.sqrt(s) / root + epsilon), weights, means, squares)
    return weights, (means, squares, steps)


def step(recipe, rows, carried, positions):
    weights, state, key = carried
    if recipe.code:
        key, own = jax.random.split(key)
    else:
        own = key
    value, gradients = jax.value_and_grad(loss_of, argnums=1)(recipe, weights, rows[positions], own)
    weights, state = updated(recipe, weights, gradients, state)
    return (weights, state, key), value


@functools.partial(jax.jit, static_argnums=0, donate_argnums=2)
def epoch(recipe, rows, carried, order):
    whole = len(order) // recipe.batch_size * recipe.batch_size
    carried, losses = jax.lax.scan(functools.partial(step, recipe, rows), carried,
                                   order[:whole].reshape(-1, recipe.batch_size))
    total = jnp.sum(losses)
    if whole < len(order):
        carried, last = step(recipe, rows, carried, order[whole:])
        total += last
    return carried, total


def train(recipe, setting, clock):
    if not all(isinstance(layer, Dense) for layer in recipe.encoder + recipe.decoder):
        raise ValueError("expected a dense recipe")
    random = numpy.random.default_rng(1)
    rows = jnp.asarray(data.training_rows(recipe)[0])
    weights = tuple(new_weights(layers, random) for layers in (recipe.encoder, recipe.heads, recipe.decoder))
    zeros = jax.tree_util.tree_map(jnp.zeros_like, weights)
    copies = jax.tree_util.tree_map(jnp.copy, zeros)
    state = zeros if recipe.optimizer == "rmsprop" else (zeros, copies, jnp.zeros(()))
    carried = (weights, state, jax.random.key(1))
    first_step = None
    while True:
        begin = measuring.now()
        carried, total = epoch(recipe, rows, carried, random.permutation(len(rows)).astype("int32"))
        loss = float(total) / clock.steps
        first_step = first_step or measuring.since_start()
        if not clock.epoch_ended(measuring.now() - begin, loss):
            return first_step


if __name__ == "__main__":
    measuring.main("JAX scan", train, ["jax"], ARGUMENTS)
