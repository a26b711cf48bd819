// Trains a dense autoencoder.
//
//   dense_autoencoder                      the embedded digits in two dimensions, 500 epochs: training loss 0.034
//   dense_autoencoder --recipe fashion-32  Fashion-MNIST through 32 units, 100 epochs: training loss 0.282
//   dense_autoencoder --list-recipes       all recipes with the numbers they reach

#include "hourglass/cli/trainer_program.h"

int main(int argc, char** argv) {
  return hourglass::cli::train_from_command_line("dense", argc, argv);
}
