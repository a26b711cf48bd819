#include "hourglass/models/vector_quantized.h"

#include "hourglass/models/whole_batch.h"

#include <ATen/ATen.h>

#include <utility>

namespace hourglass::models {

VectorQuantized::VectorQuantized(VectorQuantizedOptions options, const ModelSpec& spec)
    : Autoencoder(spec, {"embedding"}), options_(options) {
  const int64_t size = options_.codebook_size, width = network_code_shape().front();
  const auto quantizer = register_module("quantizer", std::make_shared<torch::nn::Module>());
  // Uniform in ±1/K, as the authors start it.
  at::Tensor start = (at::rand({size, width}) * 2 - 1) / static_cast<double>(size);
  if (options_.codebook_update == CodebookUpdate::Loss) {
    codebook_ = quantizer->register_parameter("codebook", std::move(start));
  } else {
    codebook_ = quantizer->register_buffer("codebook", std::move(start));
    sums_ = quantizer->register_buffer("sums", at::zeros({size, width}));
  }
  counts_ = quantizer->register_buffer("counts", at::zeros({size}));
}

Shape VectorQuantized::code_shape() const {
  const Shape& map = network_code_shape();
  if (map.size() == 1) return {1};
  return {map.begin() + 1, map.end()};
}

at::Tensor VectorQuantized::vectors(const at::Tensor& map) const {
  return map.movedim(1, -1).reshape({-1, codebook_.size(1)});
}

at::Tensor VectorQuantized::nearest(const at::Tensor& vectors) const {
  // ‖e − q‖² = ‖e‖² + ‖q‖² − 2 e·q, of which ‖e‖² is the same for all q.
  return (codebook_.square().sum(1) - 2 * at::matmul(vectors, codebook_.t())).argmin(1);
}

at::Tensor VectorQuantized::looked_up(const at::Tensor& indices) const {
  const at::Tensor vectors = at::embedding(codebook_, indices);  // [B, h, w, D] or [B, 1, D]
  return network_code_shape().size() == 1 ? vectors.squeeze(1) : vectors.movedim(-1, 1);
}

at::Tensor VectorQuantized::encode(const at::Tensor& x, const at::Tensor& condition) {
  return nearest(vectors(read(x, condition).front())).view(with_batch(-1, code_shape()));
}

at::Tensor VectorQuantized::decode_logits(const at::Tensor& z, const at::Tensor& condition) {
  return decoder_output(looked_up(z.to(at::kLong)), condition);
}

at::Tensor VectorQuantized::use_of(const at::Tensor& indices) const {
  const at::Tensor use = at::bincount(indices, {}, options_.codebook_size);
  return sum_of_all(use.to(codebook_.scalar_type()), processes());
}

std::vector<Phase> VectorQuantized::phases() const {
  Phase phase = {
      .terms = {{"reconstruction"}, {.name = "commitment", .weight = options_.commitment}},
      .metrics = {"perplexity", "codebook_use"}};
  if (options_.codebook_update == CodebookUpdate::Loss) phase.terms.push_back({"codebook"});
  return {phase};
}

StepValues VectorQuantized::losses(const Batch& batch, const StepContext& context) {
  const at::Tensor e = read(batch.input, batch.condition).front();  // [B, D, …]
  const at::Tensor flat = vectors(e.detach());                      // [N, D]
  const at::Tensor indices = nearest(flat).detach();                // [N]
  const at::Tensor q = looked_up(indices.view(with_batch(-1, code_shape())));
  const at::Tensor logits = decoder_output(e + (q - e).detach(), batch.condition);
  const at::Tensor use = use_of(indices);
  const at::Tensor share = use / use.sum();
  if (context.training) seen_ = flat, assigned_ = indices;

  StepValues values = {
      .terms = {reconstruction_loss(likelihood(), logits, batch.target),
                at::mse_loss(e, q.detach())},
      .metrics = {(-at::xlogy(share, share).sum()).exp(), use.gt(0).to(flat.scalar_type()).mean()}};
  if (options_.codebook_update == CodebookUpdate::Loss) {
    values.terms.push_back(at::mse_loss(q, e.detach()));
  }
  return values;
}

void VectorQuantized::after_step(const Batch& /*batch*/, const StepContext& context) {
  const at::NoGradGuard no_grad;
  const double decay = options_.decay;
  const at::Tensor use = use_of(assigned_).to(counts_.scalar_type());
  counts_.mul_(decay).add_(use, 1 - decay);
  if (sums_.defined()) {
    const at::Tensor sum = sum_of_all(
        at::zeros_like(sums_).index_add_(0, assigned_, seen_.to(sums_.scalar_type())), processes());
    sums_.mul_(decay).add_(sum, 1 - decay);
    codebook_.copy_(at::where(counts_.unsqueeze(1) > 0, sums_ / counts_.unsqueeze(1), codebook_));
  }
  if (options_.reseed_below > 0) reseed(context);
  seen_ = at::Tensor();
  assigned_ = at::Tensor();
}

void VectorQuantized::reseed(const StepContext& context) {
  const at::Tensor average = counts_.mean();
  const at::Tensor unused = (counts_ < average * options_.reseed_below).nonzero().flatten();
  if (unused.size(0) == 0) return;
  const at::Tensor seen = rows_of_all(seen_, processes());
  // Keyed by vector and step, so that a resumed run draws the same.
  const at::Tensor keys = unused.cpu() + context.step * options_.codebook_size;
  const at::Tensor draws = context.random.uniform("reseed", keys, {1}).flatten();
  const at::Tensor chosen = (draws * static_cast<double>(seen.size(0))).to(at::kLong);
  const at::Tensor vectors =
      seen.index_select(0, chosen.to(seen.device())).to(codebook_.scalar_type());
  codebook_.index_copy_(0, unused, vectors);
  counts_.index_copy_(0, unused, average.expand({unused.size(0)}));
  if (sums_.defined()) sums_.index_copy_(0, unused, vectors * average);
}

}  // namespace hourglass::models
