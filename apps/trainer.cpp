// The trainers, `<variant>_autoencoder`: this file is compiled once for each variant that
// recipes/variant.cpp lists, with its name as HOURGLASS_VARIANT.
//
//   dense_autoencoder                      the variant's first recipe: the embedded digits, under a minute
//   dense_autoencoder --list-recipes       its recipes with the numbers they reach
//   dense_autoencoder --recipe fashion-32  one of them: Fashion-MNIST through 32 units, training loss 0.282

#include "hourglass/cli/trainer_program.h"

int main(int argc, char** argv) {
  return hourglass::cli::train_from_command_line(HOURGLASS_VARIANT, argc, argv);
}
