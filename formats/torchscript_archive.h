#pragma once

#include "hourglass/formats/card.h"

#include <filesystem>

namespace hourglass::formats {

/// What can be said before LibTorch loads a file, which takes the archive at its word: that it is a
/// TorchScript archive with one directory, that it declares no contents larger than itself, that
/// its checksums hold (LibTorch reads damaged weights without complaint), that the bytes of each
/// storage are there, and that each tensor lies within its storage (LibTorch reads past their
/// ends). Throws `Error` that says what it is instead: damaged, a training state or weights, a
/// NumPy archive, a web page.
void check_torchscript_archive(const std::filesystem::path& path);

/// Whether it has one of our cards, sound or not. Throws `Error` where it is no ZIP archive.
bool has_card(const std::filesystem::path& path);

/// The card of a file of ours, without its program. Throws `Error` as `check_torchscript_archive`
/// and `parse_card` do, and where there is none.
ModelCard torchscript_card(const std::filesystem::path& path);

}  // namespace hourglass::formats
