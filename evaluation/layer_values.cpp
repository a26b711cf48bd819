#include "hourglass/evaluation/layer_values.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/activations.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::evaluation {
namespace {

std::string only_layer(const Activations& activations, const std::vector<std::string>& patterns) {
  const auto names = choose_layers(layer_names(activations), patterns, NetworkPart::All);
  if (names.size() != 1) {
    throw Error("an .npy file holds one layer: expected the name of one, found {}",
                join_text(names));
  }
  return names.front();
}

}  // namespace

at::Tensor layer_values(ExportedModel& model, const datasets::Dataset& rows,
                        const std::vector<std::string>& patterns,
                        const datasets::BatchProgress& progress) {
  std::string name;
  at::Tensor values;
  datasets::for_each_batch(
      rows, ExportedModel::kBatch, 0,
      [&](const Batch& batch, int64_t first) {
        const Activations activations = record_activations(model, batch);
        if (name.empty()) name = only_layer(activations, patterns);
        const auto layer = std::find_if(activations.layers.begin(), activations.layers.end(),
                                        [&](const auto& one) { return one.name == name; });
        const at::Tensor own = layer->value.flatten(1).to(at::kFloat);
        if (!values.defined()) values = at::empty({rows.size(), own.size(1)});
        values.narrow(0, first, own.size(0)).copy_(own);
      },
      progress);
  return values;
}

}  // namespace hourglass::evaluation
