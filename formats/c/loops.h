#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace hourglass::formats::c {

/// Elements of an array that loops go over: of each loop, how far a step leads.
struct Access {
  std::string array;
  int64_t offset = 0;
  std::vector<int64_t> strides = {};
};

/// Strides of values that lie side by side, the last dimension's first.
std::vector<int64_t> packed_strides(const std::vector<int64_t>& sizes);

/// Makes a statement of the elements, "a[i]", in the order of the accesses.
using Statement = std::function<std::string(const std::vector<std::string>& elements)>;

/// Loops over sizes around a statement. Loops that can be one are.
std::vector<std::string> loops(const std::vector<int64_t>& sizes, std::vector<Access> accesses,
                               const Statement& statement);

/// What is made of several elements: a sum, the place of the smallest.
struct Reduction {
  std::vector<std::string> first;  ///< before the inner loops: "float sum = 0.0f;"
  Statement each;  ///< of the inner loops; elements: input, then the innermost variable
  Statement last;  ///< after them; elements: output
};

/// Loops over `kept` sizes around loops over `reduced` ones; the strides of `input` are of the
/// kept dimensions, then of the reduced ones, those of `output` of the kept.
std::vector<std::string> reducing_loops(const std::vector<int64_t>& kept,
                                        const std::vector<int64_t>& reduced, const Access& input,
                                        const Access& output, const Reduction& reduction);

}  // namespace hourglass::formats::c
