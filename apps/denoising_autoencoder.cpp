// Trains a denoising autoencoder: it gives back the clean item for a noisy one.
//
//   denoising_autoencoder                           the embedded digits with Gaussian noise, 60 epochs
//   denoising_autoencoder --recipe fashion-denoise  Fashion-MNIST, 150 epochs: best validation loss 0.287 published; 0.3030 in training after 5
//   denoising_autoencoder --recipe mnist-denoise    MNIST with a dense network

#include "hourglass/cli/trainer_program.h"

int main(int argc, char** argv) {
  return hourglass::cli::train_from_command_line("denoising", argc, argv);
}
