// Trains a contractive autoencoder: a dense one whose code changes little when the input does.
//
//   contractive_autoencoder                             the embedded digits through 32 units, 100 epochs
//   contractive_autoencoder --recipe mnist-contractive  MNIST through 128 units

#include "hourglass/cli/trainer_program.h"

int main(int argc, char** argv) {
  return hourglass::cli::train_from_command_line("contractive", argc, argv);
}
