#pragma once

#include <c10/core/ScalarType.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::formats {

// What Python's `torch.save` makes of dictionaries of tensors, as values. A pickle is a program for
// a stack machine that may call any function; this one calls none: it knows a few names that stand
// for dictionaries, sizes and tensors, and refuses all others.

/// A value's place in `Pickle::values`.
using PickleId = uint32_t;

struct PickleValue {
  /// Plain: what holds no tensors (none, truth values, broken numbers, bytes, types).
  enum class Kind { Plain, Integer, Text, Tuple, List, Dictionary, Class, Storage, Tensor };

  Kind kind = Kind::Plain;
  at::ScalarType type = at::kFloat;  ///< of a storage's elements
  /// The number; a storage's number of elements; where in its storage a tensor begins, in elements.
  int64_t integer = 0;
  /// The text; a class's module and name, "torch FloatStorage"; a storage's name in the archive.
  std::string text;
  /// The elements; a dictionary's keys and values in turn; a tensor's storage, sizes and strides.
  std::vector<PickleId> items;
};

/// Values refer to each other by number: they may be shared, and contain themselves.
struct Pickle {
  std::vector<PickleValue> values;
  PickleId root = 0;

  const PickleValue& at(PickleId id) const { return values[id]; }
};

/// Names are copied wherever they are used, and a file may use one text any number of times: so
/// many bytes of them are taken, all together.
inline constexpr size_t kMostNameBytes = size_t{64} << 20U;

/// Which classes a pickle may name.
enum class PickleClasses {
  /// Those that `torch.save` needs for tensors; an error names any other.
  OfTensors,
  /// All, as pickles in TorchScript archives have them. What objects of other classes are is not
  /// looked into: they are `Plain`. The storages that they hold are among the values all the same.
  Any
};

/// Runs the machine. Safe for any bytes: throws `Error` of one line that begins with `where` for a
/// damaged pickle, one with more than a million values or `kMostNameBytes` of names, an operation
/// or form that torch.save does not need for tensors, and a class that is not among the `classes`.
/// A tensor's parts are of the right kind; its numbers are not checked yet. `entry` is the pickle's
/// name in its archive.
Pickle parse_pickle(std::string_view bytes, const std::string& where,
                    PickleClasses classes = PickleClasses::OfTensors,
                    const std::string& entry = "data.pkl");

/// A name that a file gave, as errors show it: at most a hundred characters, in one line.
std::string shown_name(std::string name);

}  // namespace hourglass::formats
