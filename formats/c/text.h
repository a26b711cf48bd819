#pragma once

#include <c10/core/ScalarType.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::formats::c {

// Pieces of C99's grammar.

/// What an array's elements are.
enum class Type { Float, Whole, Byte };

/// "float", "long" or "unsigned char".
const char* type_name(Type type);
/// Bytes of an element where long has 32 bits, as on microcontrollers.
int64_t type_bytes(Type type);

/// The C type for a tensor's; float64 is computed as float. Throws `Error` that begins with `where`
/// for types without one.
Type type_of(at::ScalarType type, const std::string& where);

/// Letters, digits and underscores, a letter first: "encoder.dense1" -> "encoder_dense1". An empty
/// text becomes "model".
std::string identifier(const std::string& text);

/// Text that may stand in a comment: one line that does not end it.
std::string comment_text(std::string text);

/// A number of that type, exact as a float: "0.5f", "-3", "INFINITY".
std::string literal(double value, Type type);

/// {16, 8, 8} -> "16 x 8 x 8"; "1" where there are none.
std::string sizes_text(const std::vector<int64_t>& sizes);

int64_t product(const std::vector<int64_t>& sizes);

/// What of math.h generated code may use.
constexpr std::array<std::string_view, 16> kMathNames = {
    "expf",  "expm1f", "logf",  "log1pf", "sqrtf", "tanhf", "erff",     "powf",
    "fabsf", "fminf",  "fmaxf", "sinf",   "cosf",  "rintf", "INFINITY", "NAN"};

/// Names that are in use; keywords and the names that generated functions use always are.
class Names {
 public:
  Names();
  /// The name, or with underscores and a number where it is in use. Takes it.
  std::string take(const std::string& wanted);
  bool has(const std::string& name) const { return taken_.contains(name); }

 private:
  std::set<std::string> taken_;
};

}  // namespace hourglass::formats::c
