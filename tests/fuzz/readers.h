#pragma once

#include <span>
#include <string_view>

namespace hourglass::fuzz {

/// A reader of files, or of text, that strangers may have written.
struct Reader {
  const char* name;  ///< and that of its folder below corpus/
  void (*read)(std::string_view bytes);
};

std::span<const Reader> readers();

/// Gives the bytes to the reader. It may throw `Error`, whose message is no page; whatever else it
/// does ends the process.
void try_to_read(const Reader& reader, std::string_view bytes);

}  // namespace hourglass::fuzz
