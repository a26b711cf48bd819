// Stands in for run_pictures.cpp where the project is built without figures.

#include "apps/run_pictures.h"

namespace hourglass {

std::vector<std::filesystem::path> draw_run_pictures(const std::filesystem::path& /*folder*/,
                                                     const RunOptions& /*options*/,
                                                     const DataSplits& /*data*/) {
  return {};
}

}  // namespace hourglass
