// Trains a sparse autoencoder: a dense one whose code is mostly silent.
//
//   sparse_autoencoder                             the embedded digits through 64 units, 100 epochs
//   sparse_autoencoder --recipe fashion-sparse-32  Fashion-MNIST, L1 penalty, 150 epochs: reconstruction 0.2817 in training
//   sparse_autoencoder --recipe mnist-sparse-kl    MNIST, KL penalty with target activation 0.05

#include "hourglass/cli/trainer_program.h"

int main(int argc, char** argv) {
  return hourglass::cli::train_from_command_line("sparse", argc, argv);
}
