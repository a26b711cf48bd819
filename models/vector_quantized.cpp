#include "hourglass/models/vector_quantized.h"

#include "hourglass/models/whole_batch.h"

#include <ATen/ATen.h>

namespace hourglass::models {
namespace {

CodebookOptions codebook_options(const VectorQuantizedOptions& options) {
  return {.size = options.codebook_size,
          .commitment = options.commitment,
          .decay = options.decay,
          .reseed_below = options.reseed_below};
}

/// How often each of `size` values comes in each column of indices [N, L]: [L, size].
at::Tensor use_of(const at::Tensor& indices, int64_t size) {
  std::vector<at::Tensor> counts;
  for (int64_t i = 0; i < indices.size(1); ++i) {
    counts.push_back(at::bincount(indices.select(1, i), {}, size));
  }
  return at::stack(counts);
}

}  // namespace

VectorQuantized::VectorQuantized(const VectorQuantizedOptions& options, const ModelSpec& spec)
    : Autoencoder(spec, {"embedding"}),
      quantizer_(
          register_module("quantizer", make_quantizer(options.quantizer, codebook_options(options),
                                                      network_code_shape().front()))) {}

Shape VectorQuantized::places() const {
  const Shape& map = network_code_shape();
  return {map.begin() + 1, map.end()};
}

Shape VectorQuantized::code_shape() const {
  Shape shape = places();
  const int64_t indices = quantizer_->indices_of_vector();
  if (indices > 1 || shape.empty()) shape.insert(shape.begin(), indices);
  return shape;
}

at::Tensor VectorQuantized::vectors(const at::Tensor& map) const {
  return map.movedim(1, -1).reshape({-1, network_code_shape().front()});
}

at::Tensor VectorQuantized::map_of(const at::Tensor& vectors) const {
  return places().empty() ? vectors : vectors.movedim(-1, 1);
}

at::Tensor VectorQuantized::encode(const at::Tensor& x, const at::Tensor& condition) {
  const at::Tensor indices = quantizer_->encode(vectors(read(x, condition).front()));
  if (quantizer_->indices_of_vector() == 1) return indices.view(with_batch(-1, code_shape()));
  Shape by_place = places();
  by_place.push_back(quantizer_->indices_of_vector());
  return map_of(indices.view(with_batch(-1, by_place)));
}

at::Tensor VectorQuantized::decode_logits(const at::Tensor& z, const at::Tensor& condition) {
  at::Tensor indices = z.to(at::kLong);  // [B, places…, L]
  if (!places().empty()) {
    const bool has_several = quantizer_->indices_of_vector() > 1;
    indices = has_several ? indices.movedim(1, -1) : indices.unsqueeze(-1);
  }
  return decoder_output(map_of(quantizer_->decode(indices)), condition);
}

std::vector<Phase> VectorQuantized::phases() const {
  Phase phase = {.terms = {{"reconstruction"}}, .metrics = {"perplexity", "codebook_use"}};
  for (auto& term : quantizer_->terms()) phase.terms.push_back(std::move(term));
  return {phase};
}

StepValues VectorQuantized::losses(const Batch& batch, const StepContext& context) {
  const at::Tensor e = read(batch.input, batch.condition).front();  // [B, D, places…]
  QuantizedVectors found = quantizer_->quantize(vectors(e), context.training);
  Shape by_place = places();
  by_place.push_back(network_code_shape().front());
  const at::Tensor logits =
      decoder_output(map_of(found.values.view(with_batch(-1, by_place))), batch.condition);

  const at::Tensor use =
      sum_of_all(use_of(found.indices, quantizer_->size()).to(e.scalar_type()), processes());
  const at::Tensor share = use / use.sum(1, /*keepdim=*/true);  // [L, K]
  StepValues values = {.terms = {reconstruction_loss(likelihood(), logits, batch.target)},
                       .metrics = {(-at::xlogy(share, share).sum(1)).exp().mean(),
                                   use.gt(0).to(e.scalar_type()).mean()}};
  for (auto& term : found.terms) values.terms.push_back(std::move(term));
  return values;
}

void VectorQuantized::after_step(const Batch& /*batch*/, const StepContext& context) {
  const at::NoGradGuard no_grad;
  quantizer_->after_step(context, processes());
}

}  // namespace hourglass::models
