// Trains a variational autoencoder.
//
//   variational_autoencoder                               the embedded digits in two dimensions
//   variational_autoencoder --recipe fashion-vae-2d       Fashion-MNIST in two dimensions, 100 epochs: 266.3 nats in training after 20
//   variational_autoencoder --recipe fashion-vae-conv-2d  the same with convolutions, 150 epochs: 276 nats in training after 2
//   variational_autoencoder --recipe mnist-vae-20         MNIST in twenty dimensions

#include "hourglass/cli/trainer_program.h"

int main(int argc, char** argv) {
  return hourglass::cli::train_from_command_line("variational", argc, argv);
}
