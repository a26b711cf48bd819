#include "hourglass/core/error.h"
#include "hourglass/formats/onnx_operations.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace hourglass::formats::onnx {
namespace {

const std::vector<Size>& result_sizes(const Emitter& to, const Operation& operation) {
  return to.value(operation.results.front()).sizes;
}

/// `dimensions` with those at `sources` moved to `destinations`, as movedim has it.
std::vector<int64_t> moved(int64_t dimensions, const std::vector<int64_t>& sources,
                           const std::vector<int64_t>& destinations) {
  std::vector<int64_t> permutation(static_cast<size_t>(dimensions), -1), others;
  for (size_t i = 0; i < sources.size(); ++i) {
    permutation.at(Emitter::dimension(destinations.at(i), dimensions)) =
        Emitter::dimension(sources[i], dimensions);
  }
  for (int64_t i = 0; i < dimensions; ++i) {
    if (std::find(permutation.begin(), permutation.end(), i) == permutation.end())
      others.push_back(i);
  }
  auto other = others.begin();
  for (int64_t& place : permutation) {
    if (place < 0) place = *other++;
  }
  return permutation;
}

/// Which dimension of the input each dimension of the result is.
std::vector<int64_t> permutation_of(const Operation& operation, int64_t dimensions) {
  const auto at = [&](int64_t given) { return Emitter::dimension(given, dimensions); };
  if (operation.name == "aten::permute") {
    std::vector<int64_t> permutation;
    for (const int64_t dimension : operation.integers("dims")) permutation.push_back(at(dimension));
    return permutation;
  }
  if (operation.name == "aten::movedim") {
    return moved(dimensions, operation.integers("source"), operation.integers("destination"));
  }
  std::vector<int64_t> permutation(static_cast<size_t>(dimensions));
  std::iota(permutation.begin(), permutation.end(), 0);
  if (operation.name == "aten::t" || operation.name == "aten::numpy_T") {
    std::reverse(permutation.begin(), permutation.end());
  } else {
    const bool axes = operation.has("axis0");
    std::swap(permutation.at(at(operation.integer(axes ? "axis0" : "dim0"))),
              permutation.at(at(operation.integer(axes ? "axis1" : "dim1"))));
  }
  return permutation;
}

Names joined(Emitter& to, const Operation& operation, bool stack) {
  const at::ScalarType type = result_type(to, operation);
  const int64_t axis =
      Emitter::dimension(operation.integer("dim"), to.dimensions(operation.results.front()));
  Names parts;
  for (const ValueId id : operation.tensors("tensors")) {
    // An empty list to append to is left out, as ATen does.
    const auto& sizes = to.value(id).sizes;
    if (!stack && sizes.size() == 1 && sizes.front() == Size{}) continue;
    const std::string part = to.operand(id, type);
    parts.push_back(stack ? to.add("Unsqueeze", {part, to.whole_numbers({axis})}) : part);
  }
  return {to.add("Concat", parts, {{"axis", axis}})};
}

/// What is taken along one dimension.
struct Range {
  Size start, end;
  int64_t step = 1;
};

Range range_of(const Operation& operation) {
  const auto one = [&](const char* name, Size fallback) {
    return operation.has(name) ? operation.sizes(name).front() : fallback;
  };
  Range range = {.start = one("start", {0, 0}), .end = {}};
  if (operation.name == "aten::slice") {
    range.end = one("end", {std::numeric_limits<int64_t>::max(), 0});
    range.step = operation.integer_or("step", 1);
    return range;
  }
  const Size length = one("length", {0, 0});
  range.end = {range.start.fixed + length.fixed, range.start.per_item + length.per_item};
  // Up to the end, of a range that is counted from there.
  if (range.start.fixed < 0 && range.end == Size{}) {
    range.end = {std::numeric_limits<int64_t>::max(), 0};
  }
  return range;
}

}  // namespace

Names write_reshape(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self");
  return {to.reshaped(to.operand(input), to.value(input).sizes, result_sizes(to, operation))};
}

Names write_permutation(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self");
  return {to.add("Transpose", {to.operand(input)},
                 {{"perm", permutation_of(operation, to.dimensions(input))}})};
}

Names write_expand(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self");
  const auto& from = to.value(input).sizes;
  if (from == result_sizes(to, operation)) return {to.operand(input)};
  // To Expand a 1 is the size that the input has.
  std::vector<Size> sizes = result_sizes(to, operation);
  for (size_t i = 0; i < from.size(); ++i) {
    Size& size = sizes[sizes.size() - from.size() + i];
    if (size == from[i]) size = {1, 0};
  }
  return {to.add("Expand", {to.operand(input), to.sizes(sizes)})};
}

Names write_repeat(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self");
  const auto repeats = operation.sizes("repeats");
  std::vector<Size> sizes = to.value(input).sizes;
  sizes.insert(sizes.begin(), repeats.size() - sizes.size(), {1, 0});
  const std::string x = to.reshaped(to.operand(input), to.value(input).sizes, sizes);
  return {to.add("Tile", {x, to.sizes(repeats)})};
}

Names write_cat(Emitter& to, const Operation& operation) { return joined(to, operation, false); }

Names write_stack(Emitter& to, const Operation& operation) { return joined(to, operation, true); }

Names write_select(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self");
  const int64_t axis = Emitter::dimension(operation.integer("dim"), to.dimensions(input));
  const std::string index = to.constant(at::scalar_tensor(operation.integer("index"), at::kLong));
  return {to.add("Gather", {to.operand(input), index}, {{"axis", axis}})};
}

Names write_slice(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self");
  const int64_t axis = Emitter::dimension(operation.integer_or("dim", 0), to.dimensions(input));
  const Range range = range_of(operation);
  return {to.add("Slice", {to.operand(input), to.sizes({range.start}), to.sizes({range.end}),
                           to.whole_numbers({axis}), to.whole_numbers({range.step})})};
}

Names write_split(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self");
  const int64_t axis = Emitter::dimension(operation.integer("dim"), to.dimensions(input));
  std::vector<Size> sizes;
  for (const ValueId id : operation.results) {
    sizes.push_back(to.value(id).sizes.at(static_cast<size_t>(axis)));
  }
  return to.add_several("Split", sizes.size(), {to.operand(input), to.sizes(sizes)},
                        {{"axis", axis}});
}

Names write_unbind(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self");
  const int64_t axis = Emitter::dimension(operation.integer("dim"), to.dimensions(input));
  Names parts;
  for (size_t i = 0; i < operation.results.size(); ++i) {
    const at::Tensor index = at::scalar_tensor(static_cast<int64_t>(i), at::kLong);
    parts.push_back(to.add("Gather", {to.operand(input), to.constant(index)}, {{"axis", axis}}));
  }
  return parts;
}

Names write_index_select(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self");
  return {to.add("Gather", {to.operand(input), to.operand(operation.tensor("index"))},
                 {{"axis", Emitter::dimension(operation.integer("dim"), to.dimensions(input))}})};
}

Names write_gather(Emitter& to, const Operation& operation) {
  const ValueId input = operation.tensor("self");
  return {to.add("GatherElements", {to.operand(input), to.operand(operation.tensor("index"))},
                 {{"axis", Emitter::dimension(operation.integer("dim"), to.dimensions(input))}})};
}

}  // namespace hourglass::formats::onnx
