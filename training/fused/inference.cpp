#include "hourglass/training/fused/inference.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace hourglass::training::fused {
namespace {

/// Rows [B, width] of floats in the order of memory, and the tensor that owns them.
at::Tensor as_rows(const at::Tensor& values) {
  return values.detach().to(at::kCPU, at::kFloat).flatten(1).contiguous();
}

/// A flow's memory may be the caller's while this exists.
class InputMemory {
 public:
  explicit InputMemory(Flow& flow) : flow_(flow) {}
  ~InputMemory() { flow_.values.stand_for_own(); }
  InputMemory(const InputMemory&) = delete;
  InputMemory& operator=(const InputMemory&) = delete;

 private:
  Flow& flow_;
};

}  // namespace

Inference::Inference(Network& network, Step& step, Team& team)
    : network_(network), step_(step), team_(team) {
  Method& encode = methods_["encode"];
  encode.width = network.item_width();
  read_items(encode.program);
  network.add_encoder(encode.program);
  network.add_code(encode.program);
  give(encode, {{&network.code(), network.code_shape()}});

  Method& forward = methods_["forward"];
  forward.width = network.item_width();
  read_items(forward.program);
  tell_decoder(forward.program);
  network.add_encoder(forward.program);
  network.add_reconstruction(forward.program);
  give(forward, {{&network.output(), network.target_shape()}});

  Method& decode = methods_["decode"];
  decode.width = network.code().width;
  read_codes(decode.program);
  tell_decoder(decode.program);
  network.add_decoder(decode.program);
  give(decode, {{&network.output(), network.target_shape()}});

  if (const Flow* log_variance = network.log_variance()) {
    Method& distribution = methods_["encode_distribution"];
    distribution.width = network.item_width();
    read_items(distribution.program);
    network.add_encoder(distribution.program);
    network.add_log_variance(distribution.program);
    give(distribution,
         {{&network.code(), network.code_shape()}, {log_variance, network.code_shape()}});
  }
}

void Inference::read_items(Program& program) {
  program.each([this](const Shard& shard) {
    if (reads_in_place()) return;
    const int64_t told = network_.condition_width();
    for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
      std::copy_n(argument_.row(i), argument_.width, network_.input().row(i));
      if (told > 0) std::copy_n(condition_.row(i), told, network_.condition_of_encoder(i));
    }
  });
}

/// Of several samples of an item's code all are the one given.
void Inference::read_codes(Program& program) {
  program.each([this](const Shard& shard) {
    for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
      for (int64_t sample = 0; sample < network_.samples(); ++sample) {
        std::copy_n(argument_.row(i), argument_.width, network_.code_of_decoder(i, sample));
      }
    }
  });
}

void Inference::tell_decoder(Program& program) {
  if (network_.condition_width() == 0) return;
  program.each([this](const Shard& shard) {
    for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
      network_.tell_decoder(i, condition_.row(i));
    }
  });
}

void Inference::give(Method& method, std::vector<Result> results) {
  method.program.each([this, results](const Shard& shard) {
    for (size_t result = 0; result < results.size(); ++result) {
      const Flow& flow = *results[result].flow;
      for (int64_t i = shard.first; i < shard.first + shard.count; ++i) {
        std::copy_n(flow.row(i), flow.width, results_[result].row(i));
      }
    }
  });
  method.results = std::move(results);
}

std::vector<at::Tensor> Inference::run(const std::string& method,
                                       const std::vector<at::Tensor>& arguments) {
  const auto found = methods_.find(method);
  if (found == methods_.end()) return {};
  const at::Tensor values = as_rows(arguments.front());
  if (values.size(1) != found->second.width) return {};
  const at::Tensor condition = arguments.size() > 1 ? as_rows(arguments[1]) : at::Tensor();
  const int64_t items = values.size(0);
  std::vector<at::Tensor> results = empty_results(found->second, items);
  step_.training = false;
  step_.random = nullptr;
  const SmallNumbersAreZero small_numbers;
  const InputMemory memory(network_.input());
  for (int64_t first = 0; first < items; first += step_.most_items) {
    const int64_t count = std::min(step_.most_items, items - first);
    step_.begin(count, count);
    argument_ = {values.mutable_data_ptr<float>() + first * values.size(1), values.size(1)};
    if (condition.defined()) {
      condition_ = {condition.mutable_data_ptr<float>() + first * condition.size(1),
                    condition.size(1)};
    }
    for (size_t i = 0; i < results.size(); ++i) {
      const int64_t width = found->second.results[i].flow->width;
      results_[i] = {results[i].mutable_data_ptr<float>() + first * width, width};
    }
    if (reads_in_place()) network_.input().values.stand_for(argument_.data);
    found->second.program.run(team_, step_.items, step_.shards);
  }
  return results;
}

/// Whether items lie in the caller's tensor as the first layer wants them.
bool Inference::reads_in_place() const {
  return argument_.width == network_.input().stride && network_.condition_width() == 0;
}

std::vector<at::Tensor> Inference::empty_results(const Method& method, int64_t items) {
  std::vector<at::Tensor> results;
  for (const Result& result : method.results) {
    results.push_back(at::empty(with_batch(items, result.shape), at::kFloat));
  }
  results_.resize(results.size());
  return results;
}

}  // namespace hourglass::training::fused
