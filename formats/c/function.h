#pragma once

#include "hourglass/formats/c/arrays.h"
#include "hourglass/formats/c/loops.h"
#include "hourglass/formats/c/plan.h"
#include "hourglass/formats/graph.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hourglass::formats::c {

/// What all functions of a generated file share.
struct SharedParts {
  std::string prefix;
  Names names;
  Arrays arrays{names, prefix};
  std::set<std::string> helpers;

  explicit SharedParts(const std::string& name) : prefix(name) {}
  SharedParts(const SharedParts&) = delete;
  SharedParts& operator=(const SharedParts&) = delete;
};

/// One function of a generated file: a method for one item.
class Function {
 public:
  /// Writes it. Throws `Error` that names operation and layer where C has no counterpart here.
  Function(const Graph& graph, SharedParts& shared);

  std::string name() const { return name_; }  ///< "digits_encode"
  std::string declaration() const;            ///< without the semicolon
  std::string text() const;
  std::string example() const;                      ///< a call: "digits_encode(x, code);"
  std::vector<std::string> example_arrays() const;  ///< "float code[2]", what the call needs
  std::vector<std::string> shapes() const;          ///< "x: 1 x 8 x 8", of all arrays
  int64_t multiply_adds() const { return multiply_adds_; }
  int64_t bytes() const { return plan_.bytes(); }  ///< of local arrays

  // ---- What the writers of operations use

  const Graph& graph() const { return graph_; }
  std::vector<int64_t> sizes(ValueId id) const { return item_sizes(graph_, id); }
  int64_t count(ValueId id) const { return item_count(graph_, id); }
  Type type(ValueId id) const { return type_of(graph_.value(id).type, graph_.method); }

  /// The tensor of a value that is known now; zeros have the sizes for one item.
  std::optional<at::Tensor> known(ValueId id) const;
  /// "x", "a + 8": where a value begins.
  std::string pointer(ValueId id);
  /// The value's elements in their order.
  Access access(ValueId id);
  std::string scratch(const Step& step, size_t which) const;
  /// The name of an array with these weights.
  std::string weights(const at::Tensor& values, const std::string& wanted);
  /// The function's name in the file.
  std::string helper(const std::string& name);

  /// A comment before the lines that follow: "encoder.dense1: 64 -> 32".
  void begin(const std::string& title);
  /// An addition to it: "relu".
  void also(const std::string& title);
  void line(const std::string& line);
  void lines(const std::vector<std::string>& lines);
  void count_multiply_adds(int64_t count) { multiply_adds_ += count; }

 private:
  struct Parameter {
    std::string name;
    Type type;
    std::vector<int64_t> sizes;
    bool used = false;
  };
  struct Block {
    std::string title;
    std::vector<std::string> lines;
  };

  const Graph& graph_;
  SharedParts& shared_;
  std::string name_, result_;  // result_: what is returned, if anything
  Names names_;
  bool returns_ = false;
  Plan plan_;
  std::vector<Parameter> inputs_, outputs_;
  std::vector<std::string> array_names_;
  std::vector<Block> blocks_;
  int64_t multiply_adds_ = 0;

  void name_parameters();
  void name_arrays();
  void write(const Step& step);
  void finish_outputs();
  std::string weights_name(ValueId id) const;
  std::string parameter_text(const Parameter& parameter, bool is_input) const;
};

/// "NAME_reconstruct" of "forward".
std::string function_name(const std::string& prefix, const std::string& method);

}  // namespace hourglass::formats::c
