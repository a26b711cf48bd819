#include "hourglass/figures/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hourglass::figures {
namespace {

/// 10ⁿ without the error that std::pow has for negative n.
double power_of_ten(int exponent) {
  return exponent < 0 ? 1 / std::pow(10.0, -exponent) : std::pow(10.0, exponent);
}

int decimal_exponent(double number) { return static_cast<int>(std::floor(std::log10(number))); }

std::string superscript(int number) {
  static const char* const kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text;
  for (const char character : std::to_string(number)) {
    text += character == '-' ? "⁻" : kDigits[character - '0'];
  }
  return text;
}

std::string power_text(int exponent) { return "10" + superscript(exponent); }

/// Plain digits are easier to read than powers between these.
bool reads_well_in_full(double number) { return number >= 1e-3 && number < 1e5; }

struct Step {
  int digit = 1;     // 1, 2 or 5
  int exponent = 0;  // of ten

  double size() const { return digit * power_of_ten(exponent); }

  Step next() const {
    if (digit == 1) return {2, exponent};
    return digit == 2 ? Step{5, exponent} : Step{1, exponent + 1};
  }
};

/// Multiples are computed from whole numbers, so that errors do not add up.
std::vector<double> multiples_within(const Step& step, double low, double high) {
  const double tolerance = 1e-9 * (high - low);
  const double scale = power_of_ten(std::abs(step.exponent));
  std::vector<double> values;
  const double first = std::ceil((low - tolerance) / step.size()),
               last = (high + tolerance) / step.size();
  for (double i = first; i <= last; ++i) {
    values.push_back(step.exponent < 0 ? i * step.digit / scale : i * step.digit * scale);
  }
  return values;
}

struct LogSet {
  std::vector<int> digits;
  int stride;  // of the powers
};

std::vector<double> log_values(const LogSet& set, double low, double high) {
  std::vector<double> values;
  for (int exponent = decimal_exponent(low); exponent <= decimal_exponent(high); ++exponent) {
    if (exponent % set.stride != 0) continue;
    for (const int digit : set.digits) {
      const double value = digit * power_of_ten(exponent);
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) values.push_back(value);
    }
  }
  return values;
}

std::string log_label(double value, bool in_full) {
  const int exponent = decimal_exponent(value * (1 + 1e-9));
  if (in_full) return fixed_text(value, std::max(0, -exponent));
  const auto digit = std::lround(value / power_of_ten(exponent));
  return digit == 1 ? power_text(exponent) : fmt::format("{}×{}", digit, power_text(exponent));
}

}  // namespace

Ticks linear_ticks(double low, double high, int most, bool whole) {
  Step step = {1, decimal_exponent((high - low) / most)};
  if (whole && step.exponent < 0) step = {1, 0};
  Ticks ticks;
  while ((ticks.values = multiples_within(step, low, high)).size() > static_cast<size_t>(most)) {
    step = step.next();
  }

  const double largest = std::max(std::abs(low), std::abs(high));
  const int exponent = reads_well_in_full(largest) ? 0 : decimal_exponent(largest);
  if (exponent != 0) ticks.factor = "×" + power_text(exponent);
  for (const double value : ticks.values) {
    ticks.labels.push_back(
        fixed_text(value / power_of_ten(exponent), std::max(0, exponent - step.exponent)));
  }
  return ticks;
}

Ticks log_ticks(double low, double high, int most) {
  const int powers = decimal_exponent(high) - decimal_exponent(low) + 1;
  const LogSet from_many_to_few[] = {
      {{1, 2, 5}, 1}, {{1, 3}, 1}, {{1}, 1}, {{1}, powers / most + 1}};
  for (const LogSet& set : from_many_to_few) {
    Ticks ticks;
    ticks.values = log_values(set, low, high);
    if (ticks.values.size() > static_cast<size_t>(most)) continue;
    if (ticks.values.size() < 3) break;
    const bool in_full =
        reads_well_in_full(ticks.values.front()) && reads_well_in_full(ticks.values.back());
    for (const double value : ticks.values) ticks.labels.push_back(log_label(value, in_full));
    return ticks;
  }
  return linear_ticks(low, high, most);
}

std::string fixed_text(double number, int decimals) {
  const std::string text = fmt::format("{:.{}f}", std::abs(number), decimals);
  const bool is_zero = text.find_first_not_of("0.") == std::string::npos;
  return number < 0 && !is_zero ? "−" + text : text;
}

std::string number_text(double number, int digits) {
  if (number == 0) return "0";
  if (!std::isfinite(number)) return fmt::format("{}", number);
  const double size = std::abs(number);
  const int exponent = decimal_exponent(size);
  if (reads_well_in_full(size)) return fixed_text(number, std::max(0, digits - 1 - exponent));
  return fixed_text(number / power_of_ten(exponent), digits - 1) + "×" + power_text(exponent);
}

}  // namespace hourglass::figures
