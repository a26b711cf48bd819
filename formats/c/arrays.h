#pragma once

#include "hourglass/formats/c/text.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

namespace hourglass::formats::c {

/// A generated file's arrays of weights. The same values are written once, whoever needs them.
class Arrays {
 public:
  Arrays(Names& names, std::string prefix) : names_(names), prefix_(std::move(prefix)) {}

  /// The name of the array of these values: the prefix and `wanted`, or that under which they came
  /// first. Types without a counterpart in C become float.
  std::string take(const at::Tensor& values, const std::string& wanted);

  const std::string& text() const { return text_; }
  int64_t bytes() const { return bytes_; }

 private:
  Names& names_;
  std::string prefix_, text_;
  int64_t bytes_ = 0;
  std::map<std::string, std::string> names_of_values_;
};

}  // namespace hourglass::formats::c
