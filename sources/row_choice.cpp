#include "hourglass/sources/row_choice.h"

#include "hourglass/core/text.h"
#include "hourglass/datasets/row_numbers.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace hourglass::sources {
namespace {

using Operator = Comparison::Operator;

// Those of two letters first: "<=" begins with "<".
constexpr std::array<std::pair<std::string_view, Operator>, 6> kOperators = {
    {{"==", Operator::Equal},
     {"!=", Operator::NotEqual},
     {"<=", Operator::LessEqual},
     {">=", Operator::GreaterEqual},
     {"<", Operator::Less},
     {">", Operator::Greater}}};
constexpr std::string_view kAnd = " and ";

/// Reads "what operator value and what operator value …" from its beginning.
class ComparisonReader {
 public:
  explicit ComparisonReader(std::string_view text) : rest_(text) {}

  /// None where the text has another form.
  std::optional<std::vector<Comparison>> read() {
    std::vector<Comparison> comparisons;
    do {
      auto& next = comparisons.emplace_back();
      next.what = operand();
      const auto found = std::find_if(kOperators.begin(), kOperators.end(), [&](const auto& known) {
        return rest_.starts_with(known.first);
      });
      if (found == kOperators.end()) return {};
      rest_.remove_prefix(found->first.size());
      next.compare = found->second;
      next.value = operand();
      if (next.what.empty() || next.value.empty()) return {};
    } while (take_and());
    if (!rest_.empty()) return {};
    return comparisons;
  }

 private:
  /// A quoted text without its quotes, or all up to the next operator or "and"; what follows is
  /// left without leading spaces, but for the one before "and".
  std::string operand() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    const bool quoted = rest_.starts_with('"') || rest_.starts_with('\'');
    size_t end = quoted ? rest_.find(rest_.front(), 1) : rest_.find_first_of("=!<>");
    if (!quoted) end = std::min(end, rest_.find(kAnd));
    if (quoted && end == std::string_view::npos) return {};
    const std::string text(quoted ? rest_.substr(1, end - 1) : trimmed(rest_.substr(0, end)));
    rest_.remove_prefix(std::min(quoted ? end + 1 : end, rest_.size()));
    if (!rest_.starts_with(kAnd)) {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    }
    // Nothing follows the last "and".
    return !quoted && text.ends_with(kAnd.substr(0, kAnd.size() - 1)) ? "" : text;
  }

  bool take_and() {
    if (!rest_.starts_with(kAnd)) return false;
    rest_.remove_prefix(kAnd.size());
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<ClassChoice> ClassChoice::parse(const std::string& text) {
  if (text == "all") return ClassChoice{};
  ClassChoice choice{split_text(text, ',')};
  for (const auto& name : choice.names) {
    if (name.empty()) return {};
  }
  if (choice.names.empty()) return {};
  return choice;
}

std::string ClassChoice::text() const { return all() ? "all" : join_text(names, ","); }

std::string RowChoice::expects() {
  return "all, row numbers and ranges (0-99,150), @FILE, or comparisons joined by and (age >= 30 "
         "and label == 7)";
}

std::optional<RowChoice> RowChoice::parse(const std::string& text) {
  // Made in place: GCC 12 warns of an uninitialised value when one is moved in.
  std::optional<RowChoice> choice(std::in_place);
  if (text == "all") return choice;
  choice->written = text;
  if (text.starts_with('@') && text.size() > 1) {
    choice->file = text.substr(1);
  } else if (auto numbers = datasets::parse_row_numbers(text)) {
    choice->numbers = std::move(*numbers);
  } else if (auto comparisons = ComparisonReader(text).read()) {
    choice->comparisons = std::move(*comparisons);
  } else {
    choice.reset();
  }
  return choice;
}

}  // namespace hourglass::sources
