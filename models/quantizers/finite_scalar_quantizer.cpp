#include "hourglass/models/quantizers/finite_scalar_quantizer.h"

#include "hourglass/models/initializers.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::models {
namespace {

/// The level that stands for 0.
double middle_of(int64_t levels) {
  const int64_t whole_half = levels / 2;
  return static_cast<double>(whole_half);
}

/// x̂ of every index: [K, values].
at::Tensor all_vectors(const std::vector<int64_t>& levels) {
  int64_t size = 1;
  std::vector<at::Tensor> columns;
  for (const int64_t count : levels) size *= count;
  int64_t place = 1;
  for (const int64_t count : levels) {
    const at::Tensor level =
        at::arange(size).div(place, "floor").remainder(count).to(at::kFloat);  // [K]
    const double middle = middle_of(count);
    columns.push_back((level - middle) / middle);
    place *= count;
  }
  return at::stack(columns, 1);
}

}  // namespace

FiniteScalarQuantizer::FiniteScalarQuantizer(const std::vector<int64_t>& levels, int64_t width) {
  const auto values = static_cast<int64_t>(levels.size());
  std::vector<double> shifts, scales, offsets, middles, places;
  double place = 1;
  for (const int64_t count : levels) {
    const double scale = static_cast<double>(count - 1) * (1 + 1e-3) / 2;
    const double offset = count % 2 == 0 ? 0.5 : 0;
    shifts.push_back(std::atanh(offset / scale));
    scales.push_back(scale);
    offsets.push_back(offset);
    middles.push_back(middle_of(count));
    places.push_back(place);
    place *= static_cast<double>(count);
  }
  const auto keep = [&](const char* name, const std::vector<double>& numbers) {
    return register_buffer(name, at::tensor(numbers, at::kFloat));
  };
  codebook_ = register_buffer("codebook", all_vectors(levels));
  shift_ = keep("shift", shifts);
  scale_ = keep("scale", scales);
  offset_ = keep("offset", offsets);
  middle_ = keep("middle", middles);
  place_ = keep("place", places);
  if (width == values) return;
  narrow_ = linear("narrow", width, values);
  widen_ = linear("widen", values, width);
}

FiniteScalarQuantizer::Linear FiniteScalarQuantizer::linear(const std::string& name, int64_t inputs,
                                                            int64_t outputs) {
  Linear linear = {.weight = register_parameter(name + "_weight", at::empty({outputs, inputs})),
                   .bias = register_parameter(name + "_bias", at::zeros({outputs}))};
  initialize(Initializer::GlorotUniform, linear.weight, inputs, outputs);
  return linear;
}

at::Tensor FiniteScalarQuantizer::bounded(const at::Tensor& vectors) {
  const at::Tensor z = narrow_ ? at::linear(vectors, narrow_->weight, narrow_->bias) : vectors;
  return (z + shift_).tanh() * scale_ - offset_;
}

at::Tensor FiniteScalarQuantizer::index_of(const at::Tensor& rounded) const {
  return ((rounded + middle_) * place_).sum(1, /*keepdim=*/true).to(at::kLong);
}

at::Tensor FiniteScalarQuantizer::encode(const at::Tensor& vectors) {
  return index_of(bounded(vectors).round());
}

at::Tensor FiniteScalarQuantizer::decode(const at::Tensor& indices) {
  const at::Tensor values = at::embedding(codebook_, indices.select(-1, 0));
  return widen_ ? at::linear(values, widen_->weight, widen_->bias) : values;
}

QuantizedVectors FiniteScalarQuantizer::quantize(const at::Tensor& vectors, bool /*training*/) {
  const at::Tensor real = bounded(vectors);
  const at::Tensor rounded = real.detach().round();
  const at::Tensor values = (real + (rounded - real).detach()) / middle_;
  return {.indices = index_of(rounded),
          .values = widen_ ? at::linear(values, widen_->weight, widen_->bias) : values,
          .terms = {}};
}

}  // namespace hourglass::models
