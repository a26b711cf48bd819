#pragma once

#include <string>
#include <vector>

// Private to the room: where an axis is marked, and what is written there.

namespace hourglass::figures {

struct Ticks {
  std::vector<double> values;
  std::vector<std::string> labels;  ///< one a value
  std::string factor;  ///< what every label is to be multiplied with: "×10⁻⁸", or empty
};

/// The fewest-digits marks within low … high: multiples of 1, 2 or 5 times a power of ten, at most
/// `most` (≥ 2) of them; whole numbers alone when `whole`. Expects low < high.
Ticks linear_ticks(double low, double high, int most, bool whole = false);

/// Marks for a logarithmic axis: powers of ten, with their double and fivefold where the range has
/// few of them, and where it lies between two powers the marks of a linear axis. Expects 0 < low <
/// high.
Ticks log_ticks(double low, double high, int most);

/// With so many decimals; a minus sign as long as a plus.
std::string fixed_text(double number, int decimals);

/// 0.0321, 1.5, 12300, 1.2×10⁻⁸: `digits` significant ones.
std::string number_text(double number, int digits = 3);

}  // namespace hourglass::figures
