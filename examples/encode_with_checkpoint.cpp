// Encodes with a trained model: encode_with_checkpoint runs/mine/best.pt

#include "hourglass/evaluation/exported_model.h"

#include <ATen/ATen.h>

#include <iostream>

int main(int argc, char** argv) {
  auto model = hourglass::evaluation::ExportedModel::load(argc > 1 ? argv[1] : "best.pt");
  // Your items stand here: float32 [B, input shape…], with values as the model was trained on.
  const at::Tensor items = at::rand(hourglass::with_batch(3, model.input_shape().value()));
  std::cout << model.encode(items) << '\n';  // [B, code shape…]
}
