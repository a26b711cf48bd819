"""The recipes' networks and losses in Keras. Images have their channels last."""

import keras
from keras import layers, ops

import data
from recipes import Conv, Dense, Lstm, Norm, Pool, Repeat, Reshape, Upsample


class Sampling(layers.Layer):
    """Draws the code of a variational model, and adds the divergence to the loss."""

    def __init__(self, seed):
        super().__init__()
        self.seeds = keras.random.SeedGenerator(seed)

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


def networks(recipe, sampling=True, seed=1):
    """The whole model and its encoder. Without sampling, a variational model decodes the mean; `seed` is that of its
    noise."""
    images = recipe.is_convolutional
    start = keras.Input((*recipe.item[1:], recipe.item[0]) if images else recipe.item)
    code = run(recipe.encoder, start)
    encoder_end = code
    if recipe.code:
        heads = [run([head], code) for head in recipe.heads]
        encoder_end, code = heads[0], Sampling(seed)(heads) if sampling else heads[0]
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


OPTIMIZERS = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}
STEPS_PER_EXECUTION = 32


def training_rows(recipe):
    """Inputs and targets as the networks take them."""
    rows = data.training_rows(recipe)
    if not recipe.is_convolutional:
        return rows
    return tuple(part.transpose(0, 2, 3, 1).copy() for part in rows)


def compiled(recipe, seed=1, several=True, jit_compile="auto"):
    """A new model with its loss and optimizer; `several` steps in one execution."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model, _ = networks(recipe, seed=seed)
    model.compile(OPTIMIZERS[recipe.optimizer](recipe.learning_rate, epsilon=1e-7), loss_of(recipe),
                  steps_per_execution=min(STEPS_PER_EXECUTION, recipe.epoch_steps) if several else 1,
                  jit_compile=jit_compile)
    return model


def copy_weights(tensors, model):
    """Gives `model`, which does not sample, the tensors of PyTorch's twin by their order: kernels have their outputs
    first there, and last here. The log-variance, of which no output depends, is no part of such a model."""
    wanted = [tensor.numpy() for name, tensor in tensors.items()
              if "num_batches" not in name and not name.startswith("heads.1")]
    own = model.get_weights()
    for place, (new, old) in enumerate(zip(wanted, own, strict=True)):
        turned = {2: (1, 0), 4: (2, 3, 1, 0)}.get(new.ndim)
        own[place] = new.transpose(turned) if turned else new
        assert own[place].shape == old.shape
    model.set_weights(own)
