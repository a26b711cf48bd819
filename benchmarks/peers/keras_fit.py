#!/usr/bin/env python3
"""Keras 3 with model.fit, on TensorFlow or JAX: --backend. Settings: fit, as the sources write it; several-steps, with
steps_per_execution (and jit_compile, which is Keras' own choice on JAX)."""

import os

import measuring
from recipes import Conv, Dense, Lstm, Norm, Pool, Repeat, Reshape, Upsample

PARSER = measuring.common_arguments(__doc__)
PARSER.add_argument("--backend", choices=("tensorflow", "jax"), required=True)
ARGUMENTS = PARSER.parse_args()
os.environ["KERAS_BACKEND"] = ARGUMENTS.backend
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["JAX_PLATFORMS"] = "cpu"
if ARGUMENTS.threads == 1 and ARGUMENTS.backend == "jax":
    os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
if ARGUMENTS.backend == "tensorflow":
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(ARGUMENTS.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(ARGUMENTS.threads)

import keras  # noqa: E402: backend and threads have to be known before
from keras import layers, ops  # noqa: E402

import data  # noqa: E402

STEPS_PER_EXECUTION = 32


class Sampling(layers.Layer):
    """Draws the code of a variational model, and adds the divergence to the loss."""

    def __init__(self):
        super().__init__()
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, parts):
        mean, log_variance = parts
        divergence = -0.5 * ops.sum(1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=1)
        self.add_loss(ops.mean(divergence))
        return mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=self.seeds)


def convolution(layer):
    kind = layers.Conv2DTranspose if layer.transposed else layers.Conv2D
    return kind(layer.outputs, layer.kernel, layer.stride, "same" if layer.same else "valid",
                activation=layer.activation, use_bias=layer.bias)


def built(layer):
    match layer:
        case Dense():
            return layers.Dense(layer.outputs, layer.activation)
        case Conv():
            return convolution(layer)
        case Norm():
            return layers.BatchNormalization()
        case Pool():
            return layers.MaxPooling2D(2, padding="same")
        case Upsample():
            return layers.UpSampling2D(2)
        case Reshape():
            return layers.Flatten() if len(layer.shape) == 1 else layers.Reshape((*layer.shape[1:], layer.shape[0]))
        case Lstm():
            return layers.LSTM(layer.units, return_sequences=not layer.last)
        case Repeat():
            return layers.RepeatVector(layer.steps)


def run(stack, x):
    for layer in stack:
        x = built(layer)(x)
    return x


def networks(recipe):
    """The whole model and its encoder. The output's activation is part of the last layer, as the sources write it."""
    images = recipe.is_convolutional
    start = keras.Input((*recipe.item[1:], recipe.item[0]) if images else recipe.item)
    code = run(recipe.encoder, start)
    encoder_end = code
    if recipe.code:
        heads = [run([head], code) for head in recipe.heads]
        encoder_end, code = heads[0], Sampling()(heads)
    end = layers.Activation(recipe.output)(run(recipe.decoder, code))
    return keras.Model(start, end), keras.Model(start, encoder_end)


def loss_of(recipe):
    if not recipe.code:
        return {"mse": "mean_squared_error", "bce": "binary_crossentropy"}[recipe.loss]
    pixels = 784

    def summed(target, output):
        mean = keras.losses.binary_crossentropy(ops.reshape(target, (-1, pixels)), ops.reshape(output, (-1, pixels)))
        return pixels * mean

    return summed


class Timed(keras.callbacks.Callback):
    def __init__(self, clock):
        super().__init__()
        self.clock, self.first_step = clock, None

    def on_epoch_begin(self, epoch, logs=None):
        self.began = measuring.now()

    def on_epoch_end(self, epoch, logs=None):
        # Keras has read the loss by now, so that nothing is left to compute.
        self.first_step = self.first_step or measuring.since_start()
        self.model.stop_training = not self.clock.epoch_ended(measuring.now() - self.began, logs["loss"])


def train(recipe, setting, clock):
    keras.utils.clear_session()
    keras.utils.set_random_seed(1)
    inputs, targets = data.training_rows(recipe)
    if recipe.is_convolutional:
        inputs, targets = (rows.transpose(0, 2, 3, 1).copy() for rows in (inputs, targets))
    model, _ = networks(recipe)
    optimizer = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}[recipe.optimizer]
    several = setting == "several-steps"
    model.compile(optimizer(recipe.learning_rate, epsilon=1e-7), loss_of(recipe),
                  steps_per_execution=min(STEPS_PER_EXECUTION, recipe.epoch_steps) if several else 1,
                  jit_compile=True if several and not recipe.is_recurrent else "auto")
    timed = Timed(clock)
    model.fit(inputs, targets, recipe.batch_size, epochs=10**6, verbose=0, callbacks=[timed])
    return timed.first_step


if __name__ == "__main__":
    measuring.main(f"Keras on {'TensorFlow' if ARGUMENTS.backend == 'tensorflow' else 'JAX'}", train,
                   ["keras", ARGUMENTS.backend if ARGUMENTS.backend == "jax" else "tensorflow-cpu"], ARGUMENTS)
