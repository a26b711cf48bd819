#pragma once

#include "hourglass/datasets/series_windows.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace hourglass::datasets {

/// A series in memory, of which windows are made.
struct Series {
  at::Tensor steps;     ///< float32 [T, C], as stored; NaN outside of the stretches
  at::Tensor observed;  ///< as `steps`, NaN where those are made up and not to count; undefined: none
  std::vector<std::string> channels;  ///< C
  std::vector<std::string> times;     ///< T names of the steps; empty where there are none
  std::vector<double> moments;        ///< T: seconds since 1970 of dates, else numbers; or none
  bool dates = false;
  double step = 0;  ///< from a moment to the next, in their unit; 0 where there are none
  std::vector<Stretch> stretches;
  WindowForm form;
  std::vector<std::string> notes;

  int64_t size() const { return steps.size(0); }
};

}  // namespace hourglass::datasets
