#include "hourglass/models/quantizers/residual_quantizer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::models {

ResidualQuantizer::ResidualQuantizer(const CodebookOptions& options, int64_t width,
                                     int64_t codebooks) {
  for (int64_t number = 0; number < codebooks; ++number) {
    stages_.push_back(register_module(
        fmt::format("stage{}", number + 1),
        std::make_shared<CodebookQuantizer>(options, width, /*learned=*/false, number, codebooks)));
  }
}

at::Tensor ResidualQuantizer::encode(const at::Tensor& vectors) {
  std::vector<at::Tensor> indices;
  at::Tensor rest = vectors;
  for (const auto& stage : stages_) {
    indices.push_back(stage->encode(rest));
    if (indices.size() < stages_.size()) rest = rest - stage->decode(indices.back());
  }
  return at::cat(indices, 1);
}

at::Tensor ResidualQuantizer::decode(const at::Tensor& indices) {
  at::Tensor sum;
  for (size_t i = 0; i < stages_.size(); ++i) {
    const at::Tensor part = stages_[i]->decode(indices.narrow(-1, static_cast<int64_t>(i), 1));
    sum = sum.defined() ? sum + part : part;
  }
  return sum;
}

QuantizedVectors ResidualQuantizer::quantize(const at::Tensor& vectors, bool training) {
  std::vector<at::Tensor> indices;
  at::Tensor rest = vectors, commitment;
  for (const auto& stage : stages_) {
    const QuantizedVectors found = stage->quantize(rest, training);
    indices.push_back(found.indices);
    // What is left has the gradient of e: so has its distance from this stage's vector, which is
    // that of e from the sum so far.
    rest = rest - stage->decode(found.indices).detach();
    commitment = commitment.defined() ? commitment + found.terms.front() : found.terms.front();
  }
  return {.indices = at::cat(indices, 1),
          .values = vectors - rest.detach(),  // the sum, with the gradient of e
          .terms = {commitment}};
}

void ResidualQuantizer::after_step(const StepContext& context, const Processes& processes) {
  for (const auto& stage : stages_) stage->after_step(context, processes);
}

}  // namespace hourglass::models
