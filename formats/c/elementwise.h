#pragma once

#include "hourglass/formats/c/function.h"

#include <string>

namespace hourglass::formats::c {

/// Whether an operation computes each element of its result from one element of each tensor.
bool is_elementwise(const std::string& operation);

/// Whether an operation gives the same numbers as another type.
bool is_cast(const std::string& operation);

/// A loop over the result's elements.
void write_elementwise(Function& function, const Step& step);

}  // namespace hourglass::formats::c
