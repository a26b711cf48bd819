#include "hourglass/datasets/corruption.h"

#include "hourglass/core/row_random.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

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

void Corrupted::write(std::span<const int64_t> positions, int64_t epoch,
                      const BatchMemory& to) const {
  std::vector<int64_t> rows(positions.size());
  BatchMemory items = to;
  items.rows = rows.data();
  inner().write(positions, epoch, items);
  if (to.rows) std::copy(rows.begin(), rows.end(), to.rows);
  if (!to.input) return;
  const RowRandom random(seed_, noise_ == Noise::Fresh ? epoch : 0);
  const int64_t count = element_count(item_shape());
  std::vector<float> noise(static_cast<size_t>(count));
  for (size_t i = 0; i < rows.size(); ++i) {
    const RowNumbers numbers = {
        .rows = std::span(rows).subspan(i, 1), .count = count, .out = noise.data()};
    corrupt(corruption_, random, numbers, to.input + static_cast<int64_t>(i) * to.input_stride);
  }
}

DatasetPtr Corrupted::to(at::Device device) const {
  return std::make_shared<Corrupted>(inner().to(device), corruption_, noise_, seed_);
}

}  // namespace hourglass::datasets
