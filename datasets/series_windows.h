#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/datasets/split.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace hourglass::datasets {

// A series is T time steps of C channels, [T, C]. Its items are windows [N, C] of N steps each, which
// overlap: window i begins with step i · stride.

struct WindowForm {
  int64_t window = 32;  ///< steps of a window, N
  int64_t stride = 1;   ///< steps from the begin of a window to that of the next
};

/// Time steps without a gap between them.
struct Stretch {
  int64_t first = 0, steps = 0;

  bool operator==(const Stretch&) const = default;
};

/// All windows on `steps` (float32 [T, C]) as a view [W, N, C] of the same memory, whatever N is: a
/// `TensorDataset` of them holds every value once. Throws `Error` where the series is shorter than a
/// window.
at::Tensor window_view(const at::Tensor& steps, const WindowForm& form);

/// The windows that lie within one of the stretches (which ascend): int64 [M] on the CPU, ascending.
at::Tensor windows_within(const std::vector<Stretch>& stretches, const WindowForm& form);

/// The steps that some of these windows hold: int64 on the CPU, ascending.
at::Tensor steps_of_windows(const at::Tensor& windows, const WindowForm& form);

/// What `auto` means for a series of so many steps: the last tenth, or as much more as one and a half
/// windows need, up to half of all.
Validation automatic_validation(int64_t steps, const WindowForm& form);

/// Divides the windows of these stretches in time, at a border that no window holds steps on both
/// sides of: with Last, the last fraction of the `steps` is for validation, and windows that the
/// border cuts are left out. Without a validation part (None, Test) all are for training. Throws
/// `UsageError` for Split, of which windows of one part would hold steps of the other, and `Error`
/// where a part would have no window.
RowSplit split_windows(const Validation& validation, int64_t steps,
                       const std::vector<Stretch>& stretches, const WindowForm& form);

/// The scaling of a window's N · C values, by that of the C channels.
Scaling scaling_of_windows(const Scaling& channels, const WindowForm& form);

}  // namespace hourglass::datasets
