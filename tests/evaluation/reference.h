#pragma once

#include "hourglass/datasets/split.h"
#include "hourglass/sources/open.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace hourglass::testing {

/// A part of reference/reference.json: what scikit-learn and others say (see make_reference.py).
inline nlohmann::json reference(const std::string& part) {
  std::ifstream file(HOURGLASS_EVALUATION_REFERENCE);
  return nlohmann::json::parse(file).at(part);
}

/// A list of numbers, or a list of such lists, as a float64 tensor.
inline at::Tensor tensor_of(const nlohmann::json& numbers) {
  if (!numbers.front().is_array()) {
    return at::tensor(numbers.get<std::vector<double>>(), at::kDouble);
  }
  std::vector<at::Tensor> rows;
  for (const auto& row : numbers) rows.push_back(tensor_of(row));
  return at::stack(rows);
}

/// Items and labels of a whole data set.
struct LabelledItems {
  at::Tensor items, labels;

  LabelledItems rows(int64_t first, int64_t end) const {
    return {items.slice(0, first, end), labels.slice(0, first, end)};
  }
};

inline LabelledItems items_of(const datasets::Dataset& data) {
  const Batch batch = data.batch(data.all_positions());
  return {batch.input.flatten(1), batch.labels};
}

/// An embedded data set, all rows in the order of the file.
inline LabelledItems embedded_items(const std::string& name, const std::string& scale = "auto") {
  sources::DataOptions options{.dataset = name};
  options.validation = *datasets::Validation::parse("none");
  options.scale = *TextCodec<decltype(options.scale)>::parse(scale);
  return items_of(*sources::open_data(options, 1).training);
}

/// The first 1200 rows of the digits, as make_reference.py divides them, and the rest.
struct DividedDigits {
  LabelledItems training, test;
};

inline DividedDigits divided_digits() {
  const LabelledItems digits = embedded_items("digits");
  return {digits.rows(0, 1200), digits.rows(1200, digits.items.size(0))};
}

}  // namespace hourglass::testing
