#include "hourglass/datasets/corruption.h"

#include "hourglass/core/row_random.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

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

/// `input` with noise on it; the rows' numbers key what is drawn.
at::Tensor corrupted(const Corruption& corruption, const at::Tensor& input, const at::Tensor& rows,
                     const RowRandom& random) {
  const Shape item = input.sizes().slice(1).vec();
  const double amount = corruption.amount;
  switch (corruption.kind) {
    case CorruptionKind::None: break;
    case CorruptionKind::Gaussian:
      // In place, and not with a factor to `add`, which may round once instead of twice.
      return random.normal("corruption", rows, item).mul_(amount).add_(input).clamp_(0, 1);
    case CorruptionKind::Mask:
      return input.masked_fill(random.uniform("corruption", rows, item) < amount, 0);
    case CorruptionKind::SaltPepper: {
      const at::Tensor uniform = random.uniform("corruption", rows, item);
      const at::Tensor extremes = (uniform >= amount / 2).to(at::kFloat);
      return at::where(uniform < amount, extremes, input);
    }
  }
  return input;
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
    : DatasetDecorator(std::move(clean)), corruption_(corruption), noise_(noise), seed_(seed) {}

Batch Corrupted::batch(const at::Tensor& positions, int64_t epoch) const {
  Batch batch = inner().batch(positions, epoch);
  // The noise is drawn on the CPU, also for data on a GPU: it must be the same on every device.
  const RowRandom random(seed_, noise_ == Noise::Fresh ? epoch : 0);
  batch.input =
      corrupted(corruption_, batch.input.cpu(), batch.rows, random).to(batch.input.device());
  return batch;
}

DatasetPtr Corrupted::to(at::Device device) const {
  return std::make_shared<Corrupted>(inner().to(device), corruption_, noise_, seed_);
}

}  // namespace hourglass::datasets
