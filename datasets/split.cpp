#include "hourglass/datasets/split.h"

#include "hourglass/core/error.h"
#include "hourglass/core/random.h"
#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <vector>

namespace hourglass::datasets {
namespace {

/// The fraction of "split:0.1" after the prefix "split:".
std::optional<double> parse_fraction(const std::string& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return {};
  const auto fraction = parse_double(std::string_view(text).substr(prefix.size()));
  return fraction && *fraction > 0 && *fraction < 1 ? fraction : std::nullopt;
}

/// All rows, those of a class beside each other, in random order within it.
std::vector<int64_t> rows_by_class(int64_t rows, const at::Tensor& labels, uint64_t seed) {
  // Labels of mapped rows are kept in fewer bytes.
  const at::Tensor classes = labels.defined() ? labels.to(at::kLong) : at::zeros({rows}, at::kLong);
  const auto* label = classes.const_data_ptr<int64_t>();
  std::vector<uint32_t> random(static_cast<size_t>(rows));
  for (size_t row = 0; row < random.size(); ++row) random[row] = philox(seed, 0, row)[0];

  std::vector<int64_t> sorted(random.size());
  std::iota(sorted.begin(), sorted.end(), 0);
  std::ranges::sort(sorted, {}, [&](int64_t row) {
    return std::tuple(label[row], random[static_cast<size_t>(row)], row);
  });
  return sorted;
}

/// Takes `count` rows at equal distances from the rows sorted by class, so that of each class a
/// share is taken that differs from the fraction by less than one row, however small the classes
/// are.
RowSplit stratified_split(int64_t rows, int64_t count, const at::Tensor& labels, uint64_t seed) {
  std::vector<int64_t> training, validation;
  const auto candidates = rows_by_class(rows, labels, seed);
  for (int64_t i = 0; i < rows; ++i) {
    const bool taken = (i + 1) * count / rows > i * count / rows;
    (taken ? validation : training).push_back(candidates[static_cast<size_t>(i)]);
  }
  std::sort(training.begin(), training.end());
  std::sort(validation.begin(), validation.end());
  return {at::tensor(training, at::kLong), at::tensor(validation, at::kLong)};
}

}  // namespace

std::string Validation::expects() {
  return "auto, test, none, split:F or last:F (a fraction between 0 and 1)";
}

std::optional<Validation> Validation::parse(const std::string& text) {
  if (text == "auto") return Validation{};
  if (text == "test") return Validation{Validation::Kind::Test};
  if (text == "none") return Validation{Validation::Kind::None};
  if (const auto f = parse_fraction(text, "split:")) return Validation{Validation::Kind::Split, *f};
  if (const auto f = parse_fraction(text, "last:")) return Validation{Validation::Kind::Last, *f};
  return {};
}

std::string Validation::text() const {
  switch (kind) {
    case Validation::Kind::Auto: return "auto";
    case Validation::Kind::Test: return "test";
    case Validation::Kind::None: return "none";
    case Validation::Kind::Split: return fmt::format("split:{}", fraction);
    case Validation::Kind::Last: break;
  }
  return fmt::format("last:{}", fraction);
}

int64_t Validation::rows_before_last(int64_t rows) const {
  // The small term: (1 − 0.2) · n may come out just below the whole number it is.
  return static_cast<int64_t>(std::floor((1 - fraction) * static_cast<double>(rows) + 1e-6));
}

void refuse_empty_part(const Validation& validation, int64_t rows, int64_t count) {
  throw Error(
      "`validation` {}: of {} rows, {} would be for validation and {} for training; both need at "
      "least one",
      validation.text(), rows, count, rows - count);
}

RowSplit split_rows(const Validation& validation, int64_t rows, const at::Tensor& labels,
                    uint64_t seed) {
  const bool random = validation.kind == Validation::Kind::Split;
  if (!random && validation.kind != Validation::Kind::Last) return {at::arange(rows), {}};

  const int64_t count = random ? std::llround(validation.fraction * static_cast<double>(rows))
                               : rows - validation.rows_before_last(rows);
  if (count == 0 || count == rows) refuse_empty_part(validation, rows, count);
  if (random) return stratified_split(rows, count, labels, seed);
  const at::Tensor positions = at::arange(rows);
  return {positions.narrow(0, 0, rows - count), positions.narrow(0, rows - count, count)};
}

}  // namespace hourglass::datasets
