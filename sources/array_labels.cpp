#include "hourglass/sources/array_labels.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

namespace hourglass::sources {
namespace {

constexpr int64_t kLabelsAtOnce = 1 << 20;

void expect_column(const NamedTensor& labels) {
  const at::Tensor& array = labels.value;
  if (array.dim() == 1 || (array.dim() == 2 && array.size(1) == 1)) return;
  throw Error("{}: expected labels of shape [N] or [N, 1], found [{}]{}", labels.name,
              shape_text(array.sizes().vec()),
              array.dim() == 2 ? ": where each row marks its class, save y.argmax(1)" : "");
}

/// Whole numbers as they are, int64 [n], of which the first is that of row `first`.
at::Tensor whole_numbers(const at::Tensor& some, const std::string& name, int64_t first) {
  const at::Tensor numbers = some.flatten().to(at::kDouble);
  const at::Tensor other = numbers.floor().ne(numbers).logical_or(numbers.isinf());
  if (other.any().item<bool>()) {
    const auto row = at::nonzero(other)[0].item<int64_t>();
    throw Error("{}: expected whole numbers as labels, found {:g} in row {} (counted from 0)", name,
                numbers[row].item<double>(), first + row);
  }
  return numbers.to(at::kLong);
}

/// Hands out all labels, some at a time, with the place of the first among them.
void for_each_label(const LabelArrays& part,
                    const std::function<void(const at::Tensor& numbers, int64_t place)>& work) {
  int64_t place = 0;
  for (const auto& labels : part) {
    expect_column(labels);
    const int64_t rows = labels.value.size(0);
    for (int64_t first = 0; first < rows; first += kLabelsAtOnce) {
      const at::Tensor there = labels.value.narrow(0, first, std::min(kLabelsAtOnce, rows - first));
      work(whole_numbers(there.clone(), labels.name, first), place + first);
    }
    place += rows;
  }
}

int64_t rows_of(const LabelArrays& part) {
  int64_t rows = 0;
  for (const auto& labels : part) rows += labels.value.size(0);
  return rows;
}

}  // namespace

std::vector<int64_t> classes_in(const std::vector<const LabelArrays*>& parts) {
  std::set<int64_t> classes;
  for (const auto* part : parts) {
    for_each_label(*part, [&](const at::Tensor& numbers, int64_t /*place*/) {
      const at::Tensor some = std::get<0>(at::_unique2(numbers));
      const auto* first = some.const_data_ptr<int64_t>();
      classes.insert(first, first + some.numel());
    });
  }
  return {classes.begin(), classes.end()};
}

at::Tensor numbered_labels(const LabelArrays& part, const std::vector<int64_t>& classes,
                           bool compact, int64_t rows, const std::string& values) {
  if (part.empty()) return {};
  if (const int64_t found = rows_of(part); found != rows) {
    throw Error("{}: expected {} labels, one for each row of {}, found {}", part.front().name, rows,
                values, found);
  }
  const auto type = compact ? compact_label_type(classes.size()) : at::kLong;
  at::Tensor numbered = at::empty({rows}, type);
  const at::Tensor sorted = at::tensor(classes, at::kLong);
  for_each_label(part, [&](const at::Tensor& numbers, int64_t place) {
    numbered.narrow(0, place, numbers.size(0)).copy_(at::searchsorted(sorted, numbers));
  });
  return numbered;
}

}  // namespace hourglass::sources
