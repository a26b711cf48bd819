#pragma once

#include <exception>
#include <string>

namespace hourglass::cli {

/// One line for users of an error that a library threw: LibTorch's messages name files of its own
/// and go on with a stack trace, others name their classes. Ours (`Error`) are lines already; of
/// names in them, line feeds and other control characters are shown, not sent to the terminal.
std::string words_of(const std::exception& error);

}  // namespace hourglass::cli
