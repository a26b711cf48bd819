#include "hourglass/sources/csv_reader.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace hourglass::sources {
namespace {

constexpr std::string_view kPadding = " \r";

/// The separator that the first row has outside quotes.
char separator_of(std::string_view text) {
  std::string found;
  bool quoted = false;
  for (const char letter : text) {
    if (letter == '"') quoted = !quoted;
    if (quoted) continue;
    if (letter == '\n') break;
    found += letter;
  }
  // Commas last: as decimal or thousands marks they occur within the cells of the others.
  for (const char separator : {'\t', ';'}) {
    if (found.find(separator) != std::string::npos) return separator;
  }
  return ',';
}

std::string with_single_quotes(std::string_view text) {
  std::string single;
  for (size_t i = 0; i < text.size(); ++i) {
    single += text[i];
    if (text[i] == '"') ++i;  // the second of two
  }
  return single;
}

}  // namespace

std::string as_name(std::string_view cell) {
  std::string text(cell);
  for (char& letter : text) {
    if (static_cast<unsigned char>(letter) < ' ') letter = ' ';
  }
  const auto replace = nlohmann::json::error_handler_t::replace;
  return nlohmann::json::parse(nlohmann::json(std::move(text)).dump(-1, ' ', false, replace));
}

std::string shown(std::string_view cell) {
  constexpr size_t kLongest = 40;
  return shortened(as_name(cell), kLongest + 1);
}

std::vector<std::string> texts_of(const CsvCells& cells, size_t first) {
  return {cells.begin() + static_cast<std::ptrdiff_t>(first), cells.end()};
}

bool is_word(std::string_view cell) { return !cell.empty() && !parse_double(cell); }

CsvReader::CsvReader(std::string_view text, std::string name)
    : name_(std::move(name)), unquoted_(std::make_shared<std::deque<std::string>>()) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // UTF-8 byte order mark
  const size_t last = text.find_last_not_of(" \r\n");
  if (last == std::string_view::npos) {
    throw Error("{}: expected rows of numbers, found an empty file", name_);
  }
  rest_ = text.substr(0, last + 1);
  separator_ = separator_of(rest_);
  read_row();
}

int64_t CsvReader::most_rows_left() const {
  return rest_.empty() ? 0 : std::count(rest_.begin(), rest_.end(), '\n') + 1;
}

bool CsvReader::next() {
  if (rest_.empty()) return false;
  read_row();
  return true;
}

void CsvReader::read_row() {
  cells_.clear();
  line_ = next_line_++;
  for (;;) {
    cells_.push_back(take_cell());
    if (!rest_.starts_with(separator_)) break;
    rest_.remove_prefix(1);
  }
  if (rest_.starts_with('\n')) rest_.remove_prefix(1);
}

/// Leaves `rest_` at the separator, the line break or the end behind the cell.
std::string_view CsvReader::take_cell() {
  const size_t first = rest_.find_first_not_of(' ');
  if (first != std::string_view::npos && rest_[first] == '"') {
    rest_.remove_prefix(first + 1);
    return take_quoted_cell();
  }
  size_t end = 0;
  while (end < rest_.size() && rest_[end] != separator_ && rest_[end] != '\n') ++end;
  const std::string_view cell = trimmed(rest_.substr(0, end), kPadding);
  rest_.remove_prefix(end);
  return cell;
}

std::string_view CsvReader::take_quoted_cell() {
  size_t end = rest_.find('"');
  bool doubled = false;
  while (end != std::string_view::npos && rest_.substr(end + 1).starts_with('"')) {
    doubled = true;
    end = rest_.find('"', end + 2);
  }
  if (end == std::string_view::npos) {
    throw Error("{}: line {}: expected a quote that closes the cell, found the end of the file",
                name_, line_);
  }
  const std::string_view quoted = rest_.substr(0, end);
  next_line_ += std::count(quoted.begin(), quoted.end(), '\n');
  rest_.remove_prefix(end + 1);
  rest_.remove_prefix(std::min(rest_.find_first_not_of(kPadding), rest_.size()));
  if (!rest_.empty() && rest_.front() != separator_ && rest_.front() != '\n') {
    throw Error("{}: line {}: expected a separator or the end of the line after a closing quote",
                name_, line_);
  }
  if (!doubled) return trimmed(quoted, kPadding);
  return trimmed(unquoted_->emplace_back(with_single_quotes(quoted)), kPadding);
}

}  // namespace hourglass::sources
