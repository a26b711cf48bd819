#include "hourglass/datasets/corruption.h"

#include "hourglass/core/random.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/util/accumulate.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace hourglass::datasets {
namespace {

struct CorruptionName {
  CorruptionKind kind;
  const char* prefix;
};
constexpr CorruptionName kCorruptionNames[] = {{CorruptionKind::Gaussian, "gaussian:"},
                                               {CorruptionKind::Mask, "mask:"},
                                               {CorruptionKind::SaltPepper, "salt-pepper:"}};

// Each kind of noise turns four random words into four numbers and applies one of them to a value.

using Four = std::array<float, 4>;

Four uniform_numbers(const std::array<uint32_t, 4>& words) {
  return {to_unit(words[0]), to_unit(words[1]), to_unit(words[2]), to_unit(words[3])};
}

struct GaussianNoise {
  float deviation;
  Four draw(const std::array<uint32_t, 4>& words) const {
    const auto a = to_normal(words[0], words[1]), b = to_normal(words[2], words[3]);
    return {a[0], a[1], b[0], b[1]};
  }
  float apply(float value, float normal) const {
    return std::clamp(value + deviation * normal, 0.0F, 1.0F);
  }
};

struct MaskNoise {
  float probability;
  Four draw(const std::array<uint32_t, 4>& words) const { return uniform_numbers(words); }
  float apply(float value, float uniform) const { return uniform < probability ? 0.0F : value; }
};

struct SaltPepperNoise {
  float probability;
  Four draw(const std::array<uint32_t, 4>& words) const { return uniform_numbers(words); }
  float apply(float value, float uniform) const {
    const float extreme = uniform < probability / 2 ? 0.0F : 1.0F;
    return uniform < probability ? extreme : value;
  }
};

template <class Kind>
void corrupt_row(float* values, int64_t count, uint64_t key, int64_t row, const Kind& noise) {
  for (int64_t first = 0; first < count; first += 4) {
    const Four numbers =
        noise.draw(philox(key, static_cast<uint64_t>(row), static_cast<uint64_t>(first / 4)));
    const int64_t here = std::min<int64_t>(4, count - first);
    for (int64_t i = 0; i < here; ++i) {
      values[first + i] = noise.apply(values[first + i], numbers[static_cast<size_t>(i)]);
    }
  }
}

/// Corrupts `input` (float32 [B, shape…], contiguous, on the CPU) in place; `rows` are the items'
/// row numbers.
template <class Kind>
void corrupt(at::Tensor& input, const at::Tensor& rows, uint64_t key, const Kind& noise) {
  constexpr int64_t kValuesPerTask = 4096;  // some 50 µs of work, well above the cost of a task
  const int64_t count = c10::multiply_integers(input.sizes().slice(1));
  auto* values = input.mutable_data_ptr<float>();
  const auto* row = rows.const_data_ptr<int64_t>();
  at::parallel_for(0, input.size(0), std::max<int64_t>(1, kValuesPerTask / count),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t i = begin; i < end; ++i) {
                       corrupt_row(values + i * count, count, key, row[i], noise);
                     }
                   });
}

}  // namespace

std::string Corruption::expects() {
  return "none, gaussian:S (S above 0), mask:P or salt-pepper:P (P above 0 and at most 1)";
}

std::optional<Corruption> Corruption::parse(const std::string& text) {
  if (text == "none") return Corruption{};
  for (const auto& [kind, prefix] : kCorruptionNames) {
    if (!text.starts_with(prefix)) continue;
    const auto amount = TextCodec<double>::parse(text.substr(std::string_view(prefix).size()));
    const bool probability = kind != CorruptionKind::Gaussian;
    if (!amount || *amount <= 0 || (probability && *amount > 1)) return {};
    return Corruption{kind, *amount};
  }
  return {};
}

std::string Corruption::text() const {
  for (const auto& [each, prefix] : kCorruptionNames) {
    if (each == kind) return fmt::format("{}{}", prefix, amount);
  }
  return "none";
}

Corrupted::Corrupted(DatasetPtr clean, Corruption corruption, Noise noise, uint64_t seed)
    : clean_(std::move(clean)), corruption_(corruption), noise_(noise), seed_(seed) {}

Batch Corrupted::batch(const at::Tensor& positions, int64_t epoch) const {
  Batch batch = clean_->batch(positions, epoch);
  // The noise is drawn on the CPU, also for data on a GPU: it must be the same on every device.
  const at::Device device = batch.input.device();
  at::Tensor input = batch.input.to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  const auto draw = static_cast<uint64_t>(noise_ == Noise::Fresh ? epoch : 0);
  const uint64_t key = derive_seed(seed_, "corruption", draw);
  const auto amount = static_cast<float>(corruption_.amount);
  switch (corruption_.kind) {
    case CorruptionKind::None: break;
    case CorruptionKind::Gaussian: corrupt(input, batch.rows, key, GaussianNoise{amount}); break;
    case CorruptionKind::Mask: corrupt(input, batch.rows, key, MaskNoise{amount}); break;
    case CorruptionKind::SaltPepper:
      corrupt(input, batch.rows, key, SaltPepperNoise{amount});
      break;
  }
  batch.input = input.to(device);
  return batch;
}

DatasetPtr Corrupted::to(at::Device device) const {
  return std::make_shared<Corrupted>(clean_->to(device), corruption_, noise_, seed_);
}

}  // namespace hourglass::datasets
