#include "hourglass/evaluation/reconstructions.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <vector>

namespace hourglass::evaluation {

Reconstructions reconstruct_all(ExportedModel& model, const datasets::Dataset& data,
                                const datasets::BatchProgress& progress) {
  std::vector<at::Tensor> inputs, targets, labels, outputs;
  bool inputs_differ = false;
  const auto add = [&](const Batch& batch, int64_t /*first*/) {
    outputs.push_back(model.reconstruct(batch.input, batch.condition));
    if (outputs.back().sizes() != batch.target.sizes()) {
      throw Error("{}: expected reconstructions of the targets' shape [{}], found [{}]",
                  model.path().string(), shape_text(batch.target.sizes().vec()),
                  shape_text(outputs.back().sizes().vec()));
    }
    inputs_differ = inputs_differ || !batch.input.is_same(batch.target);
    inputs.push_back(batch.input);
    targets.push_back(batch.target);
    if (batch.labels.defined()) labels.push_back(batch.labels);
  };
  datasets::for_each_batch(data, add, progress);
  Reconstructions all = {.items = {}, .outputs = at::cat(outputs)};
  all.items.target = at::cat(targets);
  all.items.input = inputs_differ ? at::cat(inputs) : all.items.target;
  if (!labels.empty()) all.items.labels = at::cat(labels);
  return all;
}

}  // namespace hourglass::evaluation
