#pragma once

#include <string>

namespace hourglass::cli {

/// The text of --version: of Hourglass, of what it was built with, and whether it has CUDA and
/// pictures. Lines.
std::string version_text(const std::string& program);

}  // namespace hourglass::cli
