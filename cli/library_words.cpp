#include "hourglass/cli/library_words.h"

#include "hourglass/core/error.h"
#include "hourglass/core/printable.h"

#include <algorithm>
#include <filesystem>
#include <new>
#include <regex>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace hourglass::cli {
namespace {

// How messages of the JSON library begin; the number tells the error. The `hourglass` command has this
// file, too, and does not link that library.
constexpr std::string_view kJson = "[json.exception.", kNoUtf8 = ".316]";

/// The first line that is not empty: TorchScript's compiler begins its messages with an empty one.
std::string first_line(const std::string& text) {
  const size_t first = std::min(text.find_first_not_of(" \n"), text.size());
  return text.substr(first, text.find('\n', first) - first);
}

/// What LibTorch says of memory, and of the places in its own source.
std::string without_places(const std::string& line) {
  static const std::regex kAllocation("you tried to allocate ([0-9]+) bytes"),
      kOverflow("calculation overflowed with sizes=(\\[[-0-9, ]*\\])"),
      kPlace("^\\[[^\\]]*\\.(cpp|h|cc|cu):[0-9]+\\][ .]*");
  std::smatch found;
  if (std::regex_search(line, found, kAllocation)) {
    return fmt::format("out of memory: {} bytes more were needed", found[1].str());
  }
  if (std::regex_search(line, found, kOverflow)) {
    return fmt::format("out of memory: a tensor of sizes {} fits no memory", found[1].str());
  }
  return std::regex_replace(line, kPlace, "");
}

/// An `Error` may end with what a library said; its stack trace is not for users.
std::string without_trace(std::string text) {
  text.resize(std::min(text.find("\nException raised from"), text.size()));
  return text;
}

}  // namespace

std::string words_of(const std::exception& error) {
  const std::string text = error.what();
  if (dynamic_cast<const Error*>(&error) != nullptr) return printable(without_trace(text));
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return "out of memory";
  if (dynamic_cast<const std::length_error*>(&error) != nullptr) {
    return "out of memory: more was asked for than any memory holds";
  }
  if (const auto* file = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) {
    return printable(fmt::format("{}: {}", file->path1().string(), file->code().message()));
  }
  if (const auto* system = dynamic_cast<const std::system_error*>(&error)) {
    const bool no_thread = system->code() == std::errc::resource_unavailable_try_again;
    return no_thread ? "the system starts no more threads: fewer `threads`, or other programs ended"
                     : system->code().message();
  }
  if (text.starts_with(kJson)) {
    const bool no_utf8 = text.substr(0, text.find(' ')).ends_with(kNoUtf8);
    return no_utf8 ? "expected names in UTF-8 to write them as JSON, found other bytes"
                   : "expected other JSON in a file, found a value of another kind";
  }
  return printable(without_places(first_line(text)));
}

}  // namespace hourglass::cli
