#include "hourglass/formats/c/plan.h"

#include "hourglass/formats/c/elementwise.h"
#include "hourglass/formats/c/layers.h"
#include "hourglass/formats/c/loops.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

namespace hourglass::formats::c {
namespace {

const std::set<std::string> kViews = {
    "aten::view",       "aten::reshape",   "aten::flatten", "aten::unflatten", "aten::unsqueeze",
    "aten::squeeze",    "aten::transpose", "aten::t",       "aten::permute",   "aten::movedim",
    "aten::expand",     "aten::select",    "aten::slice",   "aten::narrow",    "aten::_unsafe_view",
    "aten::view_as",    "aten::expand_as", "aten::detach",  "aten::alias",     "aten::contiguous",
    "aten::reshape_as", "aten::swapaxes"};

/// Whether strides are those of values side by side, whatever they are in dimensions of one.
bool is_packed(const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides) {
  const auto packed = packed_strides(sizes);
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] != 1 && strides[i] != packed[i]) return false;
  return true;
}

}  // namespace

std::vector<int64_t> item_sizes(const Graph& graph, ValueId id) {
  std::vector<int64_t> sizes;
  for (const Size& size : graph.value(id).sizes) sizes.push_back(size.at(1));
  return sizes;
}

int64_t item_count(const Graph& graph, ValueId id) { return product(item_sizes(graph, id)); }

bool is_known(const Graph& graph, ValueId id) {
  return graph.value(id).constant.has_value() || graph.value(id).is_zero;
}

namespace {

/// Whether an operation gives the numbers that it is given, in the same C type.
bool changes_nothing(const Graph& graph, const Operation& operation) {
  if (operation.name == "aten::constant_pad_nd") {
    const auto pads = operation.integers("pad");
    return std::all_of(pads.begin(), pads.end(), [](int64_t pad) { return pad == 0; });
  }
  if (!is_cast(operation.name)) return false;
  const at::ScalarType from = graph.value(operation.tensor("self")).type,
                       to = graph.value(operation.results.front()).type;
  return to != at::kBool && type_of(from, operation.where()) == type_of(to, operation.where());
}

}  // namespace

std::optional<View> view_of(const Graph& graph, const Operation& operation) {
  if (changes_nothing(graph, operation)) {
    const ValueId source = operation.tensor("self");
    return View{source, packed_strides(item_sizes(graph, source)), 0};
  }
  if (!kViews.contains(operation.name)) return std::nullopt;
  const ValueId source = operation.tensor("self");
  // The operation alone, on packed values; its first input says that the batch is one.
  Graph alone;
  alone.values = {{.name = "batch"}, {.name = "self"}, {.name = "other"}, {.name = "result"}};
  alone.inputs = {0, 1, 2};
  alone.outputs = {3};
  alone.operations = {operation};
  alone.operations.front().results = {3};
  std::vector<at::Tensor> inputs = {at::empty({1}), at::empty(item_sizes(graph, source)),
                                    at::empty({1})};
  for (auto& argument : alone.operations.front().arguments) {
    if (auto* id = std::get_if<ValueId>(&argument.content)) {
      if (argument.name != "self") inputs[2] = at::empty(item_sizes(graph, *id));
      *id = argument.name == "self" ? 1 : 2;
    }
  }
  const at::Tensor result = run_graph(alone, inputs).front();
  return View{source, result.strides().vec(), result.storage_offset()};
}

Plan::Plan(const Graph& graph, bool outputs_in_arrays) : graph_(graph) {
  choose_steps();
  find_last_uses();
  for (size_t at = 0; at < steps_.size(); ++at) join_in_place(at);
  if (outputs_in_arrays) place_outputs();
  place_results();
}

void Plan::choose_steps() {
  std::set<ValueId> wanted;
  for (const ValueId id : graph_.outputs)
    if (!is_known(graph_, id)) wanted.insert(id);
  for (auto operation = graph_.operations.rbegin(); operation != graph_.operations.rend();
       ++operation) {
    Step step = {.operation = &*operation,
                 .reads = {},
                 .writes = {},
                 .view = std::nullopt,
                 .scratch = scratch_of(graph_, *operation)};
    for (const ValueId id : operation->results)
      if (wanted.contains(id)) step.writes.push_back(id);
    if (step.writes.empty()) continue;
    step.view = view_of(graph_, *operation);
    const std::string& name = operation->name;
    step.in_place = !step.view && (is_elementwise(name) || name == "aten::batch_norm");
    for (const ValueId id : operation->tensors_taken()) {
      if (is_known(graph_, id)) continue;
      step.reads.push_back(id);
      wanted.insert(id);
    }
    // An LSTM works in the sequence it gives, wanted or not.
    const ValueId first = operation->results.front();
    if (!step.scratch.empty() && step.writes.front() != first)
      step.writes.insert(step.writes.begin(), first);
    steps_.push_back(std::move(step));
  }
  std::reverse(steps_.begin(), steps_.end());
}

void Plan::find_last_uses() {
  for (size_t at = 0; at < steps_.size(); ++at) {
    const Step& step = steps_[at];
    for (const ValueId id : step.reads) last_uses_[place(id).root] = at;
    for (const ValueId id : step.writes) last_uses_.try_emplace(id, at);
    if (!step.view) continue;
    const ValueId id = step.writes.front();
    if (!is_packed(item_sizes(graph_, id), step.view->strides)) continue;
    const Place source = place(step.view->source);
    places_[id] = {source.root, source.offset + step.view->offset};
  }
  for (const ValueId id : graph_.outputs) last_uses_[place(id).root] = steps_.size();
}

Place Plan::place(ValueId id) const {
  const auto found = places_.find(id);
  Place place = found == places_.end() ? Place{id, 0} : found->second;
  for (auto next = joined_.find(place.root); next != joined_.end(); next = joined_.find(place.root))
    place.root = next->second;
  return place;
}

bool Plan::may_overwrite(const Step& step, ValueId id, size_t at) const {
  const ValueId result = step.writes.front();
  const Place where = place(id);
  const Value& root = graph_.value(where.root);
  const std::string name = step.operation->where();
  const bool fits = item_count(graph_, id) == item_count(graph_, result) &&
                    item_count(graph_, where.root) == item_count(graph_, result) &&
                    type_of(root.type, name) == type_of(graph_.value(result).type, name);
  const auto last = last_uses_.find(where.root);
  if (!fits || root.kind != Value::Kind::Result || is_known(graph_, where.root) ||
      last == last_uses_.end() || last->second != at)
    return false;
  // Others in the same memory have to be read element by element as well.
  return std::all_of(step.reads.begin(), step.reads.end(), [&](ValueId other) {
    return place(other).root != where.root ||
           item_count(graph_, other) == item_count(graph_, result);
  });
}

void Plan::join_in_place(size_t at) {
  const Step& step = steps_[at];
  if (!step.in_place) return;
  const ValueId result = step.writes.front();
  for (const ValueId id : step.reads) {
    if (!may_overwrite(step, id, at)) continue;
    const ValueId root = place(id).root;
    joined_[result] = root;
    last_uses_[root] = last_uses_.at(result);
    return;
  }
}

void Plan::place_outputs() {
  for (size_t i = 0; i < graph_.outputs.size(); ++i) {
    const ValueId id = graph_.outputs[i];
    const ValueId root = place(id).root;
    const bool is_result =
        graph_.value(root).kind == Value::Kind::Result && !is_known(graph_, root);
    if (is_result && item_count(graph_, root) == item_count(graph_, id))
      outputs_.try_emplace(root, i);
  }
}

void Plan::place_results() {
  for (size_t at = 0; at < steps_.size(); ++at) {
    Step& step = steps_[at];
    for (const ValueId id : step.writes) {
      const Place where = place(id);
      const bool is_alias = places_.contains(id);
      if (is_alias || outputs_.contains(where.root) || arrays_of_roots_.contains(where.root))
        continue;
      arrays_of_roots_[where.root] = take_array(
          type_of(graph_.value(id).type, step.operation->where()), item_count(graph_, id));
    }
    for (const int64_t elements : step.scratch)
      step.scratch_arrays.push_back(take_array(Type::Float, elements));
    for (const size_t array : step.scratch_arrays) arrays_[array].in_use = false;
    for (const auto& [root, array] : arrays_of_roots_)
      if (last_uses_.at(root) == at) arrays_[array].in_use = false;
  }
}

size_t Plan::take_array(Type type, int64_t elements) {
  // The smallest that is large enough, else the largest, which grows.
  LocalArray* best = nullptr;
  for (auto& array : arrays_) {
    if (array.in_use || array.type != type) continue;
    const bool fits = array.elements >= elements;
    const bool better =
        !best || (best->elements < elements ? array.elements > best->elements
                                            : fits && array.elements < best->elements);
    if (better) best = &array;
  }
  if (!best) {
    arrays_.push_back({type, 0, false});
    best = &arrays_.back();
  }
  best->elements = std::max(best->elements, elements);
  best->in_use = true;
  return static_cast<size_t>(best - arrays_.data());
}

std::optional<size_t> Plan::output_of(ValueId root) const {
  const auto found = outputs_.find(root);
  return found == outputs_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<size_t> Plan::array_of(ValueId root) const {
  const auto found = arrays_of_roots_.find(root);
  return found == arrays_of_roots_.end() ? std::nullopt : std::optional(found->second);
}

int64_t Plan::bytes() const {
  int64_t bytes = 0;
  for (const auto& array : arrays_) bytes += array.elements * type_bytes(array.type);
  return bytes;
}

}  // namespace hourglass::formats::c
