// Trains an LSTM autoencoder: it reads an image row by row.
//
//   lstm_autoencoder                      the rows of the embedded digits
//   lstm_autoencoder --recipe mnist-rows  the rows of MNIST: a smaller test error than PCA with a code of the same size

#include "hourglass/cli/trainer_program.h"

int main(int argc, char** argv) {
  return hourglass::cli::train_from_command_line("lstm", argc, argv);
}
