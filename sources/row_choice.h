#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::sources {

/// Which classes take part.
struct ClassChoice {
  std::vector<std::string> names;  ///< or numbers of labels; empty: all

  bool all() const { return names.empty(); }

  /// "all", "7,8", "Sneaker,Ankle boot".
  static std::string expects() { return "all, or names or numbers of classes, 7,8 say"; }
  static std::optional<ClassChoice> parse(const std::string& text);
  std::string text() const;
};

/// A comparison that a row fulfils or not: "age >= 30".
struct Comparison {
  enum class Operator { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };
  std::string what;  ///< a column's name, "column3", "label" or "row"
  Operator compare = Operator::Equal;
  std::string value;  ///< a number, or the name of a class
};

/// Which rows take part.
struct RowChoice {
  std::string written;                  ///< as the user wrote it; empty: all
  std::vector<int64_t> numbers;         ///< from 0, where rows are listed
  std::filesystem::path file;           ///< of such a list, where it is in a file
  std::vector<Comparison> comparisons;  ///< all of which a row has to fulfil

  bool all() const { return written.empty(); }

  /// "all", "0-99,150", "@FILE" (row numbers or ranges, one a line), or comparisons joined by `and`:
  /// "age >= 30 and label == 7". Names that hold an operator or the word and are quoted.
  static std::string expects();
  static std::optional<RowChoice> parse(const std::string& text);
  std::string text() const { return all() ? "all" : written; }
};

}  // namespace hourglass::sources
