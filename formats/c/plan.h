#pragma once

#include "hourglass/formats/c/text.h"
#include "hourglass/formats/graph.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::formats::c {

// Which operations of a method are to be computed for an item, and where their results are. Values
// that are views of others need no memory; arrays are used again once what they hold is not needed.

/// A value within another's memory.
struct Place {
  ValueId root = 0;
  int64_t offset = 0;
};

/// A view of another tensor as LibTorch gives it, of one item.
struct View {
  ValueId source = 0;
  std::vector<int64_t> strides;
  int64_t offset = 0;
};

/// An operation to compute.
struct Step {
  const Operation* operation = nullptr;
  std::vector<ValueId> reads;               ///< what an item decides, or a batch
  std::vector<ValueId> writes;              ///< those results that anyone reads
  std::optional<View> view;                 ///< of operations that choose or place values
  bool in_place = false;                    ///< whether it may write where it reads
  std::vector<int64_t> scratch;             ///< floats it needs while it is computed
  std::vector<size_t> scratch_arrays = {};  ///< in `Plan::arrays`
};

/// A local array of a generated function.
struct LocalArray {
  Type type = Type::Float;
  int64_t elements = 0;
  bool in_use = false;
};

/// Sizes of a value for one item.
std::vector<int64_t> item_sizes(const Graph& graph, ValueId id);
int64_t item_count(const Graph& graph, ValueId id);

/// Whether a value is known now: a constant, or zeros.
bool is_known(const Graph& graph, ValueId id);

/// The view that an operation makes of its `self`, or none where it is another kind of operation.
std::optional<View> view_of(const Graph& graph, const Operation& operation);

class Plan {
 public:
  /// `outputs_in_arrays`: whether results are written where the caller says.
  Plan(const Graph& graph, bool outputs_in_arrays);

  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<LocalArray>& arrays() const { return arrays_; }

  /// Where a value is: in an input, a constant, or a result, of which the next two tell more.
  Place place(ValueId id) const;
  /// The caller's array a result is in: its place in `Graph::outputs`.
  std::optional<size_t> output_of(ValueId root) const;
  /// The local array a result is in.
  std::optional<size_t> array_of(ValueId root) const;

  /// Bytes of all local arrays.
  int64_t bytes() const;

 private:
  const Graph& graph_;
  std::vector<Step> steps_;
  std::map<ValueId, Place> places_;
  std::map<ValueId, ValueId> joined_;
  std::map<ValueId, size_t> last_uses_, outputs_, arrays_of_roots_;
  std::vector<LocalArray> arrays_;

  void choose_steps();
  void find_last_uses();
  void join_in_place(size_t at);
  bool may_overwrite(const Step& step, ValueId id, size_t at) const;
  void place_outputs();
  void place_results();
  size_t take_array(Type type, int64_t elements);
};

}  // namespace hourglass::formats::c
