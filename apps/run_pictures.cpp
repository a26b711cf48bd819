#include "apps/run_pictures.h"

namespace hourglass {

std::vector<std::filesystem::path> draw_run_pictures(const std::filesystem::path&, const RunOptions&,
                                                     const DataSplits&) {
  return {};
}

}  // namespace hourglass
