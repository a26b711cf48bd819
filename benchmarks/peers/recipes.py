"""The recipes that peers train, once for all frameworks: what recipes/*.cpp says, as layers a peer can build.

A peer walks `encoder`, `heads` and `decoder`, and knows nothing of a recipe's name.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Dense:
    inputs: int
    outputs: int
    activation: str = "linear"  # linear, relu or sigmoid


@dataclasses.dataclass(frozen=True)
class Conv:
    inputs: int
    outputs: int
    kernel: int = 3
    stride: int = 1
    same: bool = True  # else without padding
    activation: str = "linear"
    bias: bool = True
    transposed: bool = False


@dataclasses.dataclass(frozen=True)
class Norm:
    channels: int


@dataclasses.dataclass(frozen=True)
class Pool:
    """Maximum of 2 x 2, rounded up."""


@dataclasses.dataclass(frozen=True)
class Upsample:
    """Each pixel becomes 2 x 2."""


@dataclasses.dataclass(frozen=True)
class Reshape:
    shape: tuple  # of one item: (channels, height, width), or one number for a flat one


@dataclasses.dataclass(frozen=True)
class Lstm:
    features: int
    units: int
    last: bool = False  # the last hidden state alone


@dataclasses.dataclass(frozen=True)
class Repeat:
    steps: int


@dataclasses.dataclass(frozen=True)
class Recipe:
    data: str  # digits, mnist or fashion-mnist
    rows: int  # of training
    item: tuple  # shape of one item as the first layer takes it
    encoder: tuple
    decoder: tuple  # ends with logits
    batch_size: int
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    loss: str = "bce"
    output: str = "sigmoid"  # from logits to reconstruction
    code: int = 0  # of a variational model: the size of mean and log-variance; 0: another model
    noise: float = 0  # standard deviation of the noise on inputs, drawn once; 0: none
    steps: int = 0  # measured in an epoch, where a whole one takes long; 0: all

    @property
    def is_dense(self):
        return all(isinstance(layer, (Dense, Reshape)) for layer in self.encoder + self.decoder)

    @property
    def is_convolutional(self):
        return any(isinstance(layer, Conv) for layer in self.encoder)

    @property
    def is_recurrent(self):
        return any(isinstance(layer, Lstm) for layer in self.encoder)

    @property
    def heads(self):
        """Mean and log-variance of a variational model's code; else none."""
        if not self.code:
            return ()
        width = [layer for layer in self.encoder if isinstance(layer, Dense)][-1].outputs
        return (Dense(width, self.code), Dense(width, self.code))

    @property
    def epoch_rows(self):
        """Rows that a measured epoch has."""
        return min(self.rows, self.steps * self.batch_size) if self.steps else self.rows

    @property
    def epoch_steps(self):
        return -(-self.epoch_rows // self.batch_size)

    @property
    def first_multiply_adds(self):
        """Of the first layer with an item's values."""
        match self.encoder[0]:
            case Conv(inputs=inputs, outputs=outputs, kernel=kernel):  # of stride 1, as large as the image
                return kernel**2 * inputs * outputs * self.item[1] * self.item[2]
            case Lstm(features=features, units=units):
                return 4 * features * units * self.item[0]
            case Dense(inputs=inputs, outputs=outputs):
                return inputs * outputs


def dense(widths, activation="relu", code_activation="linear", pixels=784, variational=False):
    """Widths down to the code; the decoder mirrors them."""
    sizes = [pixels, *widths]
    pairs = list(zip(sizes, sizes[1:]))
    encoder = [Dense(a, b, activation) for a, b in pairs[:-1]]
    if not variational:
        encoder.append(Dense(*pairs[-1], code_activation))
    decoder = [Dense(b, a, activation) for a, b in reversed(pairs[1:])] + [Dense(sizes[1], pixels)]
    return dict(item=(pixels,), encoder=tuple(encoder), decoder=tuple(decoder), code=widths[-1] if variational else 0)


def convolutional(filters, size):
    def block(inputs, outputs, same=True):
        return [Conv(inputs, outputs, same=same, activation="relu", bias=False), Norm(outputs)]

    maps = [size]
    for _ in filters:
        maps.append((maps[-1] + 1) // 2)
    channels, encoder = 1, []
    for count in filters:
        encoder += block(channels, count) + [Pool()]
        channels = count
    decoder, now = [], maps[-1]
    for count, mirror in zip(reversed(filters), reversed(maps[1:])):
        outgrown = now >= mirror + 2  # pooling had rounded up: a convolution without padding takes it off
        decoder += block(channels, count, same=not outgrown) + [Upsample()]
        now = 2 * (now - 2 if outgrown else now)
        channels = count
    decoder.append(Conv(channels, 1, bias=False))
    return dict(item=(1, size, size), encoder=tuple(encoder), decoder=tuple(decoder))


def strided(filters=64, width=128, code=2):
    flat = filters * 14 * 14

    def conv(inputs, outputs, kernel, stride=1, same=True, **more):
        return Conv(inputs, outputs, kernel, stride, same, activation="relu", **more)

    encoder = (conv(1, 1, 2), conv(1, filters, 2, 2), conv(filters, filters, 3), conv(filters, filters, 3),
               Reshape((flat,)), Dense(flat, width, "relu"))
    decoder = (Dense(code, width, "relu"), Dense(width, flat, "relu"), Reshape((filters, 14, 14)),
               conv(filters, filters, 3, transposed=True), conv(filters, filters, 3, transposed=True),
               conv(filters, filters, 3, 2, same=False, transposed=True), Conv(filters, 1, 2, same=False))
    return dict(item=(1, 28, 28), encoder=encoder, decoder=decoder, code=code)


def recurrent(widths, size):
    hidden, code = widths
    return dict(item=(size, size), encoder=(Lstm(size, hidden), Lstm(hidden, code, last=True)),
                decoder=(Repeat(size), Lstm(code, hidden), Dense(hidden, size)))


# Training rows of the digits with a fifth of each class kept for validation.
DIGITS, DIGITS_IN_TRAINING = 1797, 1438

RECIPES = {
    "digits-2d": Recipe("digits", DIGITS, batch_size=8, loss="mse", **dense((32, 2), "sigmoid", "sigmoid", pixels=64)),
    "mnist-2d-relu": Recipe("mnist", 60000, batch_size=32, **dense((32, 2), code_activation="relu")),
    "mnist-50": Recipe("mnist", 48000, batch_size=128, **dense((50,), code_activation="relu")),
    "fashion-32": Recipe("fashion-mnist", 60000, batch_size=256, optimizer="rmsprop",
                         **dense((32,), code_activation="relu")),
    "fashion-deep-32": Recipe("fashion-mnist", 60000, batch_size=256, optimizer="rmsprop",
                              **dense((128, 64, 32), code_activation="relu")),
    "mnist-2d-linear": Recipe("mnist", 60000, batch_size=64, loss="mse", output="linear", **dense((100, 50, 25, 2))),
    "fashion-vae-2d": Recipe("fashion-mnist", 60000, batch_size=128, optimizer="rmsprop",
                             **dense((256, 2), variational=True)),
    "fashion-conv": Recipe("fashion-mnist", 60000, batch_size=256, optimizer="rmsprop", steps=12,
                           **convolutional((32, 16, 16), 28)),
    "fashion-denoise": Recipe("fashion-mnist", 60000, batch_size=256, optimizer="rmsprop", steps=8, noise=0.5,
                              **convolutional((32, 32, 32), 28)),
    "fashion-vae-conv-2d": Recipe("fashion-mnist", 60000, batch_size=128, optimizer="rmsprop", steps=3, **strided()),
    "digits-conv": Recipe("digits", DIGITS_IN_TRAINING, batch_size=32, learning_rate=3e-3,
                          **convolutional((16, 16, 8), 8)),
    "mnist-rows": Recipe("mnist", 60000, batch_size=64, loss="mse", learning_rate=2e-3, steps=30,
                         **recurrent((128, 32), 28)),
    "digits-rows": Recipe("digits", DIGITS_IN_TRAINING, batch_size=32, loss="mse", learning_rate=5e-3,
                          **recurrent((64, 8), 8)),
}


def find(name, batch_size=None, widths=None):
    """A recipe, with another batch size or other widths (of a dense one whose hidden layers are ReLU)."""
    if name not in RECIPES:
        raise ValueError(f"--recipe: expected one of {', '.join(RECIPES)}, found '{name}'")
    recipe = RECIPES[name]
    if widths:
        if not recipe.is_dense:
            raise ValueError(f"--widths: expected a dense recipe, found {name}")
        last = recipe.encoder[-1].activation
        recipe = dataclasses.replace(recipe, **dense(widths, code_activation=last, pixels=recipe.item[0],
                                                     variational=bool(recipe.code)))
    if batch_size:
        recipe = dataclasses.replace(recipe, batch_size=batch_size)
    return recipe
