#include "hourglass/models/quantizers/codebook_quantizer.h"

#include "hourglass/models/tensors.h"
#include "hourglass/models/whole_batch.h"

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <utility>

namespace hourglass::models {

CodebookQuantizer::CodebookQuantizer(const CodebookOptions& options, int64_t width, bool learned,
                                     int64_t number, int64_t count)
    : options_(options), number_(number), count_(count) {
  // Uniform in ±1/K, as programs of PyTorch usually start it; the authors' has other distributions.
  at::Tensor start = (at::rand({options.size, width}) * 2 - 1) / static_cast<double>(options.size);
  if (learned) {
    codebook_ = register_parameter("codebook", std::move(start));
  } else {
    codebook_ = register_buffer("codebook", std::move(start));
    sums_ = register_buffer("sums", at::zeros({options.size, width}));
  }
  counts_ = register_buffer("counts", at::zeros({options.size}));
}

at::Tensor CodebookQuantizer::nearest(const at::Tensor& vectors) const {
  // In bfloat16 another one would often be the nearest, and not the one of inference.
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  // ‖e − q‖² = ‖e‖² + ‖q‖² − 2 e·q, of which ‖e‖² is the same for all q.
  return (codebook_.square().sum(1) - 2 * at::matmul(widened(vectors), codebook_.t())).argmin(1);
}

at::Tensor CodebookQuantizer::encode(const at::Tensor& vectors) {
  return nearest(vectors).unsqueeze(1);
}

at::Tensor CodebookQuantizer::decode(const at::Tensor& indices) {
  return at::embedding(codebook_, indices.select(-1, 0));
}

std::vector<Term> CodebookQuantizer::terms() const {
  std::vector<Term> terms = {{.name = "commitment", .weight = options_.commitment}};
  if (!sums_.defined()) terms.push_back({"codebook"});
  return terms;
}

QuantizedVectors CodebookQuantizer::quantize(const at::Tensor& vectors, bool training) {
  const at::Tensor flat = vectors.detach();
  const at::Tensor indices = nearest(flat).detach();
  const at::Tensor q = at::embedding(codebook_, indices);
  if (training) seen_ = flat, assigned_ = indices;
  QuantizedVectors found = {.indices = indices.unsqueeze(1),
                            .values = vectors + (q - vectors).detach(),
                            .terms = {at::mse_loss(vectors, q.detach())}};
  if (!sums_.defined()) found.terms.push_back(at::mse_loss(q, flat));
  return found;
}

void CodebookQuantizer::after_step(const StepContext& context, const Processes& processes) {
  const double decay = options_.decay;
  const at::Tensor use =
      sum_of_all(at::bincount(assigned_, {}, options_.size).to(counts_.scalar_type()), processes);
  counts_.mul_(decay).add_(use, 1 - decay);
  if (sums_.defined()) {
    const at::Tensor sum = sum_of_all(
        at::zeros_like(sums_).index_add_(0, assigned_, seen_.to(sums_.scalar_type())), processes);
    sums_.mul_(decay).add_(sum, 1 - decay);
    codebook_.copy_(at::where(counts_.unsqueeze(1) > 0, sums_ / counts_.unsqueeze(1), codebook_));
  }
  if (options_.reseed_below > 0) reseed(context, processes);
  seen_ = at::Tensor();
  assigned_ = at::Tensor();
}

void CodebookQuantizer::reseed(const StepContext& context, const Processes& processes) {
  const at::Tensor average = counts_.mean();
  const at::Tensor unused = (counts_ < average * options_.reseed_below).nonzero().flatten();
  if (unused.size(0) == 0) return;
  const at::Tensor seen = rows_of_all(seen_, processes);
  // Keyed by vector and step, so that a resumed run draws the same.
  const at::Tensor keys = unused.cpu() + (context.step * count_ + number_) * options_.size;
  const at::Tensor draws = context.random.uniform("reseed", keys, {1}).flatten();
  const at::Tensor chosen = (draws * static_cast<double>(seen.size(0))).to(at::kLong);
  const at::Tensor vectors =
      seen.index_select(0, chosen.to(seen.device())).to(codebook_.scalar_type());
  codebook_.index_copy_(0, unused, vectors);
  counts_.index_copy_(0, unused, average.expand({unused.size(0)}));
  if (sums_.defined()) sums_.index_copy_(0, unused, vectors * average);
}

}  // namespace hourglass::models
