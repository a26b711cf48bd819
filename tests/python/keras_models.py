"""Models of the five tutorials as Keras saves them: python keras_models.py FOLDER

For each, FOLDER gets NAME.keras, NAME.json with NAME.weights.h5, and NAME.npz: inputs, and what Keras makes of them
(`forward`, and `encode` where the code is a layer of its own). Axes are Keras' own. Run by keras_test.py.
"""

import importlib.util
import os
import sys

for backend in ("jax", "torch", "tensorflow"):
    if importlib.util.find_spec(backend):
        os.environ.setdefault("KERAS_BACKEND", backend)
        break
else:
    print("SKIPPED: this Python has Keras without a backend")
    sys.exit(77)

import keras
import numpy as np
from keras import layers


def dense_digits():
    model = keras.Sequential(
        [keras.Input((64,)), layers.Dense(32, activation="relu"), layers.Dense(16, activation="relu"),
         layers.Dense(2, name="code"), layers.Dense(16, activation="relu"), layers.Dropout(0.2),
         layers.Dense(32, activation="relu"), layers.Dense(64, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model, "code"


def dense_mnist():
    """An encoder and a decoder, images that are flattened and made images again."""
    encoder = keras.Sequential(
        [keras.Input((28, 28)), layers.Flatten(), layers.Dense(64, activation="elu"), layers.Dense(8)], name="encoder")
    decoder = keras.Sequential(
        [keras.Input((8,)), layers.Dense(64), layers.LeakyReLU(negative_slope=0.3), layers.Dense(784, activation="sigmoid"),
         layers.Reshape((28, 28))], name="decoder")
    x = keras.Input((28, 28))
    return keras.Model(x, decoder(encoder(x))), "encoder"


def pooling():
    """A map as code; odd sizes, which the two paddings of a pooling treat differently."""
    x = keras.Input((29, 30, 3))
    y = layers.Conv2D(8, 3, activation="relu", padding="same", use_bias=False)(x)
    y = layers.BatchNormalization(epsilon=1e-4)(y)
    y = layers.MaxPooling2D(2)(y)  # 14 x 15
    y = layers.Conv2D(6, (3, 3), padding="same")(y)
    y = layers.BatchNormalization(scale=False)(y)
    y = layers.Activation("relu")(y)
    y = layers.MaxPooling2D((2, 2), padding="same", name="code")(y)  # 7 x 8
    z = layers.Conv2D(6, 3, activation="relu", padding="same")(y)
    z = layers.BatchNormalization()(z)
    z = layers.UpSampling2D(2)(z)
    z = layers.Conv2D(8, 2, activation="tanh")(z)  # 13 x 15
    z = layers.UpSampling2D((3, 3))(z)
    z = layers.Conv2D(3, 3, padding="same", activation="sigmoid")(z)
    z = layers.Cropping2D(((4, 6), (7, 8)))(z)
    return keras.Model(x, z), "code"


def strided():
    """Strides, maps that become vectors and the reverse, and transposed convolutions, in models within one another."""
    encoder = keras.Sequential(
        [keras.Input((28, 28, 2)), layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
         layers.Conv2D(12, 4, strides=2, padding="same", activation="relu"), layers.Flatten(), layers.BatchNormalization(),
         layers.Dropout(0.1), layers.Dense(5)], name="encoder")
    z = keras.Input((5,))
    y = layers.Dense(7 * 7 * 6, activation="relu")(z)
    y = layers.BatchNormalization()(y)
    y = layers.Reshape((7, 7, 6))(y)
    y = layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu")(y)
    y = layers.Conv2DTranspose(8, 2, strides=2)(y)
    y = layers.Conv2DTranspose(4, 5, strides=1, padding="valid", activation="selu")(y)  # 32 x 32
    y = layers.Conv2DTranspose(2, 4, strides=1, padding="same", activation="sigmoid")(y)
    y = layers.Cropping2D(2)(y)
    decoder = keras.Model(z, y, name="decoder")
    x = keras.Input((28, 28, 2))
    return keras.Model(x, decoder(encoder(x)), name="autoencoder"), "encoder"


def sequence():
    model = keras.Sequential(
        [keras.Input((9, 3)), layers.LSTM(12, return_sequences=True), layers.LSTM(5, name="code"), layers.RepeatVector(9),
         layers.LSTM(5, return_sequences=True), layers.LSTM(12, return_sequences=True), layers.TimeDistributed(layers.Dense(3))])
    model.compile("adam", "mae")
    return model, "code"


def unnamed_map_code():
    """A code in between Dense and Reshape, and weights without a bias."""
    model = keras.Sequential(
        [keras.Input((12, 12, 1)), layers.Conv2D(4, 3, activation="gelu"), layers.MaxPooling2D(3, strides=2, padding="same"),
         layers.Flatten(), layers.Dense(3 * 3 * 2, use_bias=False, activation="softplus", name="code"), layers.Reshape((3, 3, 2)),
         layers.UpSampling2D(4), layers.Conv2D(1, 3, padding="same"), layers.Activation("sigmoid")])
    return model, "code"


MODELS = [dense_digits, dense_mnist, pooling, strided, sequence, unnamed_map_code]


def layers_of(model):
    for layer in model.layers:
        yield from layers_of(layer) if hasattr(layer, "layers") else [layer]


def set_random_weights(model, random):
    """All of them, moving statistics too, such that values neither vanish nor explode."""
    for layer in layers_of(model):
        values = []
        for variable in layer.weights:
            shape, name = variable.shape, variable.path.rsplit("/", 1)[-1]
            if "variance" in name or "gamma" in name:
                values.append(random.uniform(0.5, 2, shape))
            else:
                scale = 0.5 if len(shape) < 2 else 1.5 / np.sqrt(np.prod(shape[:-1]))
                values.append(random.normal(0, scale, shape))
        if values:
            layer.set_weights(values)


def main():
    folder = sys.argv[1]
    random = np.random.default_rng(7)
    for build in MODELS:
        model, code = build()
        set_random_weights(model, random)
        path = os.path.join(folder, build.__name__)
        model.save(path + ".keras")
        model.save_weights(path + ".weights.h5")
        with open(path + ".json", "w") as file:
            file.write(model.to_json())
        inputs = random.uniform(0, 1, (33, *model.input_shape[1:])).astype("float32")
        inner = model.get_layer(code)
        encoder = inner if hasattr(inner, "layers") else keras.Model(model.inputs, inner.output)
        np.savez(path + ".npz", inputs=inputs, forward=model.predict(inputs, verbose=0),
                 encode=encoder.predict(inputs, verbose=0), code=code)


if __name__ == "__main__":
    main()
