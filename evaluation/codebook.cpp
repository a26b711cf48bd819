#include "hourglass/evaluation/codebook.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

namespace hourglass::evaluation {

bool has_index_codes(const ExportedModel& model) {
  return model.card() && model.card()->has_index_codes();
}

void refuse_index_codes(const ExportedModel& model, const std::string& what) {
  if (!has_index_codes(model)) return;
  throw Error(
      "{}: {}: expected codes that are measurements, found indices of a codebook, whose numbers "
      "say nothing of likeness; use a model of another kind, or what looks at reconstructions",
      model.path().string(), what);
}

at::Tensor codebook(ExportedModel& model) {
  // A parameter where it learns by the loss, a buffer where it learns by running averages.
  for (const auto& named : model.module().named_attributes()) {
    if (named.name == "quantizer.codebook" || named.name == "quantizer.stage1.codebook") {
      return named.value.toTensor().detach().cpu();
    }
  }
  throw Error("{}: expected a codebook 'quantizer.codebook', found none", model.path().string());
}

std::vector<at::Tensor> maps_of_codebooks(const at::Tensor& codes) {
  if (codes.dim() == 3) return {codes};
  std::vector<at::Tensor> maps;
  for (int64_t i = 0; i < codes.size(1); ++i) {
    const at::Tensor map = codes.select(1, i);
    maps.push_back(map.dim() == 1 ? map.unsqueeze(1) : map);
  }
  return maps;
}

CodebookUse codebook_use(ExportedModel& model, const at::Tensor& codes) {
  const auto maps = maps_of_codebooks(codes);
  CodebookUse use = {.size = codebook(model).size(0), .codebooks = std::ssize(maps)};
  for (const at::Tensor& map : maps) {
    const at::Tensor counts = index_counts(map, use.size).to(at::kDouble);
    const at::Tensor share = counts / counts.sum();
    use.used += counts.gt(0).to(at::kDouble).mean().item<double>();
    use.perplexity += (-at::xlogy(share, share).sum()).exp().item<double>();
  }
  use.used /= static_cast<double>(use.codebooks);
  use.perplexity /= static_cast<double>(use.codebooks);
  return use;
}

at::Tensor index_counts(const at::Tensor& codes, int64_t size) {
  return at::bincount(codes.flatten().to(at::kLong), {}, size);
}

at::Tensor decoded_indices(ExportedModel& model, const at::Tensor& indices,
                           const at::Tensor& condition) {
  const Shape shape = model.code_shape().value();
  const at::Tensor column = indices.to(at::kLong).view(with_batch(-1, Shape(shape.size(), 1)));
  return model.decode(column.expand(with_batch(indices.size(0), shape)),
                      condition.defined() ? condition.expand({indices.size(0), -1}) : condition);
}

}  // namespace hourglass::evaluation
