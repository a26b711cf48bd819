#include "hourglass/datasets/corruption.h"

#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

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

/// The same for one row in plain memory: `numbers` is that row, and memory for what is drawn.
void corrupt(const Corruption& corruption, const RowRandom& random, const RowNumbers& numbers,
             float* values) {
  const auto amount = static_cast<float>(corruption.amount);
  const bool gaussian = corruption.kind == CorruptionKind::Gaussian;
  if (gaussian) {
    random.fill_normal("corruption", numbers);
  } else if (corruption.kind != CorruptionKind::None) {
    random.fill_uniform("corruption", numbers);
  }
  for (int64_t j = 0; j < numbers.count; ++j) {
    const float drawn = numbers.out[j];
    switch (corruption.kind) {
      case CorruptionKind::None: break;
      case CorruptionKind::Gaussian:
        values[j] = std::clamp(drawn * amount + values[j], 0.0F, 1.0F);
        break;
      case CorruptionKind::Mask:
        if (drawn < amount) values[j] = 0;
        break;
      case CorruptionKind::SaltPepper:
        if (drawn < amount) values[j] = drawn >= amount / 2 ? 1.0F : 0.0F;
        break;
    }
  }
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

void Corrupted::change(Batch& batch, const RowRandom& random) const {
  batch.input =
      corrupted(corruption_, batch.input.cpu(), batch.rows, random).to(batch.input.device());
}

void Corrupted::change(const BatchMemory& item, const RowNumbers& numbers,
                       const RowRandom& random) const {
  if (item.input) corrupt(corruption_, random, numbers, item.input);
}

DatasetPtr Corrupted::to(at::Device device) const {
  return std::make_shared<Corrupted>(inner().to(device), corruption_, when(), seed());
}

}  // namespace hourglass::datasets
