#!/usr/bin/env python3
"""Keras 3 with model.fit, on TensorFlow or JAX: --backend. Settings: fit, as the sources write it; several-steps, with
steps_per_execution; compiled, which adds jit_compile: on JAX it is Keras' own choice, on TensorFlow without a GPU not."""

import os
import sys

import measuring

PARSER = measuring.common_arguments(__doc__)
PARSER.add_argument("--backend", choices=("tensorflow", "jax"), required=True)
ARGUMENTS = PARSER.parse_args()
os.environ["KERAS_BACKEND"] = ARGUMENTS.backend
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["JAX_PLATFORMS"] = "cpu"
if ARGUMENTS.backend == "jax":
    # Keras imports TensorFlow wherever it finds it; a user of JAX need not have it.
    sys.modules["tensorflow"] = None
if ARGUMENTS.threads == 1 and ARGUMENTS.backend == "jax":
    os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
if ARGUMENTS.backend == "tensorflow":
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(ARGUMENTS.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(ARGUMENTS.threads)

import keras  # noqa: E402: backend and threads have to be known before

from keras_networks import compiled, training_rows  # noqa: E402


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
    inputs, targets = training_rows(recipe)
    model = compiled(recipe, several=setting in ("several-steps", "compiled"),
                     jit_compile=True if setting == "compiled" else "auto")
    timed = Timed(clock)
    model.fit(inputs, targets, recipe.batch_size, epochs=10**6, verbose=0, callbacks=[timed])
    return timed.first_step


if __name__ == "__main__":
    measuring.main(f"Keras on {'TensorFlow' if ARGUMENTS.backend == 'tensorflow' else 'JAX'}", train,
                   ["keras", ARGUMENTS.backend if ARGUMENTS.backend == "jax" else "tensorflow-cpu"], ARGUMENTS)
