#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/c/layers.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

namespace hourglass::formats::c {
namespace {

std::string assignment(const std::vector<std::string>& elements) {
  return elements[0] + " = " + elements[1] + ";";
}

size_t dimension(int64_t dim, size_t dimensions) {
  return static_cast<size_t>(dim < 0 ? dim + static_cast<int64_t>(dimensions) : dim);
}

void write_cat(Function& function, const Step& step) {
  const Operation& operation = *step.operation;
  const ValueId result = step.writes.front();
  const Access whole = function.access(result);
  const size_t dim = dimension(operation.integer_or("dim", 0), function.sizes(result).size());
  std::vector<std::string> names;
  int64_t at = 0;
  std::vector<std::string> lines;
  for (const ValueId id : operation.tensors("tensors")) {
    const auto sizes = function.sizes(id);
    if (product(sizes) == 0) continue;
    Access to = whole;
    to.offset += at * whole.strides[dim];
    at += sizes[dim];
    const auto copy = loops(sizes, {to, function.access(id)}, assignment);
    lines.insert(lines.end(), copy.begin(), copy.end());
    names.push_back(function.pointer(id));
  }
  function.begin(join_text(names) + " side by side");
  function.lines(lines);
}

/// Values around a tensor; negative widths take some away.
void write_pad(Function& function, const Step& step) {
  const Operation& operation = *step.operation;
  const ValueId result = step.writes.front(), source = operation.tensor("self");
  const auto pads = operation.integers("pad");
  if (operation.text_or("mode", "constant") != "constant") {
    throw Error("{}: expected padding with a constant for C, found '{}'", operation.where(),
                operation.text_or("mode", ""));
  }
  auto sizes = function.sizes(source);
  Access to = function.access(result), from = function.access(source);
  const auto all = function.sizes(result);
  for (size_t i = 0; 2 * i < pads.size(); ++i) {
    const size_t dim = sizes.size() - 1 - i;
    for (const bool front : {true, false}) {
      const int64_t width = pads[2 * i + (front ? 0 : 1)];
      if (width < 0) sizes[dim] += width;
      if (!front) continue;
      (width < 0 ? from : to).offset += std::abs(width) * (width < 0 ? from : to).strides[dim];
    }
  }
  function.begin(
      fmt::format("padding: {} -> {}", sizes_text(function.sizes(source)), sizes_text(all)));
  if (product(sizes) != product(all)) {
    const double value = operation.has("value") ? operation.number("value") : 0;
    const std::string text = literal(value, function.type(result));
    function.lines(loops(all, {function.access(result)},
                         [&](const auto& elements) { return elements[0] + " = " + text + ";"; }));
  }
  function.lines(loops(sizes, {to, from}, assignment));
}

void write_embedding(Function& function, const Step& step) {
  const Operation& operation = *step.operation;
  const ValueId indices = operation.tensor("indices"), weight = operation.tensor("weight");
  const int64_t width = function.sizes(weight).back(), count = function.count(indices);
  const Access index = function.access(indices);
  const std::string rows = function.pointer(weight);
  function.begin(
      title_of(operation, fmt::format("{} rows of {}; indices, 0 to {}, are not checked", count,
                                      width, function.sizes(weight).front() - 1)));
  Access to = {function.access(step.writes.front()).array,
               function.access(step.writes.front()).offset,
               {width, 1}};
  // The column is the only thing left of the row: its variable is that of the last loop.
  const std::string column = count == 1 ? "i" : "j";
  function.lines(
      loops({count, width}, {to, {index.array, index.offset, {1, 0}}}, [&](const auto& elements) {
        return fmt::format("{} = {}[{} * {} + {}];", elements[0], rows, elements[1], width,
                           width == 1 ? "0" : column);
      }));
}

/// Kept and reduced sizes with the input's strides, the kept ones first.
struct Reduced {
  std::vector<int64_t> kept, reduced;
  Access input, output;
};

Reduced split(Function& function, const Step& step) {
  const ValueId source = step.operation->tensor("self");
  const auto sizes = function.sizes(source);
  std::vector<bool> is_reduced(sizes.size(), false);
  for (const int64_t dim : step.operation->reduced_dimensions(std::ssize(sizes)))
    is_reduced[dimension(dim, sizes.size())] = true;
  Reduced parts = {{}, {}, function.access(source), function.access(step.writes.front())};
  const auto strides = parts.input.strides;
  parts.input.strides.clear();
  for (const bool reduced : {false, true}) {
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (is_reduced[i] != reduced) continue;
      (reduced ? parts.reduced : parts.kept).push_back(sizes[i]);
      parts.input.strides.push_back(strides[i]);
    }
  }
  parts.output.strides = packed_strides(parts.kept);
  return parts;
}

void write_reduction(Function& function, const Step& step, const std::string& title,
                     const Reduction& reduction) {
  const Reduced parts = split(function, step);
  function.begin(title_of(*step.operation, title));
  function.lines(reducing_loops(parts.kept, parts.reduced, parts.input, parts.output, reduction));
}

void write_sum(Function& function, const Step& step) {
  const ValueId source = step.operation->tensor("self"), result = step.writes.front();
  const Type type = function.type(result);
  const bool is_mean = step.operation->name == "aten::mean";
  const int64_t count = function.count(source) / function.count(result);
  const std::string cast =
      function.type(source) == type ? "" : fmt::format("({})", type_name(type));
  write_reduction(
      function, step, is_mean ? "mean" : "sum",
      {.first = {fmt::format("{} sum = {};", type_name(type), literal(0, type))},
       .each = [&](const auto& elements) { return "sum += " + cast + elements[0] + ";"; },
       .last =
           [&](const auto& elements) {
             return is_mean ? fmt::format("{} = sum / {};", elements[0],
                                          literal(static_cast<double>(count), type))
                            : elements[0] + " = sum;";
           }});
}

/// max, min, argmax, argmin of one dimension or of all; the place of the first of equals.
void write_extreme(Function& function, const Step& step) {
  const std::string& name = step.operation->name;
  const bool is_place = name.find("arg") != std::string::npos;
  const bool greatest = name.find("max") != std::string::npos;
  const ValueId source = step.operation->tensor("self");
  if (step.operation->results.size() > 1 || step.operation->has("other")) {
    throw Error(
        "{}: expected the greatest or smallest value of one tensor for C, found another form",
        step.operation->where());
  }
  const Type type = function.type(source);
  write_reduction(
      function, step, step.operation->plain_name(),
      {.first = {fmt::format("{} best = {};", type_name(type), literal(0, type)),
                 "long place = -1;"},
       .each =
           [&](const auto& elements) {
             const std::string better =
                 fmt::format("place < 0 || {} {} best", elements[0], greatest ? ">" : "<");
             return fmt::format("if ({}) best = {}, place = {};", better, elements[0], elements[1]);
           },
       .last =
           [&](const auto& elements) {
             return fmt::format("{} = {};", elements[0], is_place ? "place" : "best");
           }});
}

/// The greatest values of the last dimension, in falling order; not their places.
void write_topk(Function& function, const Step& step) {
  const Operation& operation = *step.operation;
  const ValueId source = operation.tensor("self"), result = operation.results.front();
  const auto sizes = function.sizes(source);
  const bool is_last = dimension(operation.integer("dim"), sizes.size()) + 1 == sizes.size();
  const bool is_vector = function.count(source) == sizes.back();
  const bool wants_values = step.writes == std::vector<ValueId>{result};
  if (!is_last || !is_vector || !wants_values || !operation.flag("largest") ||
      function.type(source) != Type::Float) {
    throw Error("{}: expected the greatest values of a vector for C, found another form",
                operation.where());
  }
  function.begin(title_of(
      operation, fmt::format("the {} greatest of {}", function.count(result), sizes.back())));
  function.line(fmt::format("{}({}, {}, {}, {});", function.helper("greatest"),
                            function.pointer(source), sizes.back(), function.pointer(result),
                            function.count(result)));
}

const std::map<std::string, Writer> kWriters = {
    {"aten::cat", write_cat},        {"aten::constant_pad_nd", write_pad},
    {"aten::pad", write_pad},        {"aten::embedding", write_embedding},
    {"aten::sum", write_sum},        {"aten::mean", write_sum},
    {"aten::argmin", write_extreme}, {"aten::argmax", write_extreme},
    {"aten::amin", write_extreme},   {"aten::amax", write_extreme},
    {"aten::min", write_extreme},    {"aten::max", write_extreme},
    {"aten::topk", write_topk}};

}  // namespace

Writer gathering_writer(const std::string& operation) {
  const auto found = kWriters.find(operation);
  return found == kWriters.end() ? nullptr : found->second;
}

void write_copy(Function& function, const Step& step) {
  const ValueId result = step.writes.front();
  const auto sizes = function.sizes(result);
  const Access from = function.access(step.view->source), whole = function.access(result);
  // Values that lie side by side are where they were.
  if (from.array == whole.array) return;
  const Access source = {from.array, from.offset + step.view->offset, step.view->strides};
  function.begin(fmt::format("{}: {} -> {}", step.operation->plain_name(),
                             sizes_text(function.sizes(step.view->source)), sizes_text(sizes)));
  function.lines(loops(sizes, {whole, source}, assignment));
}

}  // namespace hourglass::formats::c
