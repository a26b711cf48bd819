#pragma once

namespace hourglass {

/// From the lowest to the highest value.
struct ValueRange {
  double low = 0, high = 1;
};

}  // namespace hourglass
