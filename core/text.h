#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass {

/// "a,b,,c" -> {"a", "b", "", "c"}; an empty text has no parts.
std::vector<std::string> split_text(std::string_view text, char separator);

/// {"a", "b"} -> "a, b".
std::string join_text(const std::vector<std::string>& parts, std::string_view separator = ", ");

/// The text with every `from` made a `to`: "learning_rate" -> "learning-rate".
std::string replaced(std::string text, char from, char to);

/// Whether `a` comes before `b` as people sort: numbers within the texts by their value, class2
/// before class10.
bool natural_less(std::string_view a, std::string_view b);

/// Characters of UTF-8 text, of which each is taken to be one column wide.
size_t count_characters(std::string_view text);

/// The text, or its beginning and "…" where it is longer than `most` characters.
std::string shortened(std::string_view text, size_t most);

/// The words of a text in lines of at most `width` characters; a longer word has a line of its own.
std::vector<std::string> wrap_words(std::string_view text, size_t width);

/// A piece of a line, and how dispensable it is: those of the highest rank are left out first, of
/// equal ones the last first; those of rank 0 stay.
struct LinePiece {
  std::string text;
  int rank = 0;
};

/// The pieces one after the other, without as many as it takes to have at most `most` characters.
std::string fitted_line(std::vector<LinePiece> pieces, size_t most);

/// The text without these characters at both ends.
std::string_view trimmed(std::string_view text, std::string_view characters = " ");

/// "PNG" -> "png", of ASCII.
std::string in_small_letters(std::string text);

/// The candidate that a misspelt `word` most likely means; none when all are too far away.
std::optional<std::string> nearest_word(std::string_view word,
                                        const std::vector<std::string>& candidates);

/// " (did you mean 'x'?)", or nothing: the tail of an error message about an unknown `word`.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

/// Whole text as a number, or none: unlike `std::stod`, trailing characters are not ignored.
std::optional<double> parse_double(std::string_view text);
std::optional<int64_t> parse_integer(std::string_view text);

/// 51154 -> "51,154".
std::string with_thousands(int64_t number);

/// 75.2 -> "1:15", 3675 -> "1:01:15".
std::string clock_time(double seconds);

/// The moment as UTC text that sorts and suits a file name: "20261121-091700".
std::string utc_timestamp();

/// A cell of a CSV file: in quotes where it has to be (RFC 4180).
std::string csv_cell(const std::string& text);

/// A line of such cells, with its end.
std::string csv_line(std::vector<std::string> cells);

}  // namespace hourglass
