#pragma once

#include "hourglass/core/shape.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hourglass::models {

/// Widths of layers, the last of which is the code's; or `auto`, until the data are known.
class Widths {
 public:
  /// `auto`.
  Widths() = default;
  Widths(std::initializer_list<int64_t> widths) : widths_(widths) {}
  Widths(std::vector<int64_t> widths) : widths_(std::move(widths)) {}

  bool automatic() const { return widths_.empty(); }

  /// None where they are `auto`.
  const std::vector<int64_t>& value() const { return widths_; }

  /// Throws `UsageError` for a width below 1.
  void check() const;

  // A field of a table: "auto", or "128,64,32".
  static std::string expects() { return "auto or comma-separated numbers of at least 1"; }
  static std::optional<Widths> parse(const std::string& text);
  std::string text() const;

 private:
  std::vector<int64_t> widths_;
};

/// What `auto` becomes: `most`, where an item has 64 values or more (the embedded digits, MNIST). A
/// narrower one gets as much less, so that the code stays as much smaller than the item: width ·
/// values / 64, rounded up, hidden layers at least 8 and the code at least 2 where the item has more
/// values than that. Six columns: {128, 64, 32} -> {12, 8, 3}.
std::vector<int64_t> automatic_widths(const std::vector<int64_t>& most, const Shape& item);

/// Options of a network with `widths`, and `most_widths` of the rule: its widths become numbers.
template <class Network>
void resolve_widths(Network& network, const Shape& item) {
  if (network.widths.automatic()) network.widths = automatic_widths(network.most_widths, item);
}

/// "…; auto: 128,64,32, in proportion for items of fewer than 64 values": the end of a field's help.
std::string automatic_widths_help(const std::vector<int64_t>& most);

}  // namespace hourglass::models
