#pragma once

#include <string>
#include <string_view>

namespace hourglass {

/// A text in one line that changes nothing about a terminal: line feeds, escapes and other control
/// characters, which names in files and paths may hold, become what C writes for them, "\n", "\x1b".
std::string printable(std::string_view text);

}  // namespace hourglass
