// Trains a convolutional autoencoder.
//
//   convolutional_autoencoder                        the embedded digits, 60 epochs
//   convolutional_autoencoder --recipe fashion-conv  Fashion-MNIST, 150 epochs: best validation loss 0.265 published; 0.2915 in training after 5

#include "hourglass/cli/trainer_program.h"

int main(int argc, char** argv) {
  return hourglass::cli::train_from_command_line("convolutional", argc, argv);
}
