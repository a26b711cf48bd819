#include "hourglass/cli/version.h"

#include "hourglass/core/version.h"

#include <fmt/format.h>

namespace hourglass::cli {

std::string version_text(const std::string& program) {
  // Told by the build: asking LibTorch would load it, and take ten times as long.
  return fmt::format("{} (Hourglass) {}\nLibTorch  {}\nOpenCV    {}\ncompiler  {}\n", program,
                     kVersion, HOURGLASS_BUILT_WITH_LIBTORCH, HOURGLASS_BUILT_WITH_OPENCV,
                     HOURGLASS_BUILT_WITH_COMPILER);
}

}  // namespace hourglass::cli
