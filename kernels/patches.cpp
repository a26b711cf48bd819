#include "hourglass/kernels/patches.h"

namespace hourglass::kernels {
namespace {

/// Calls `action(place in the images, place in the table)` for every row of a patch; a kernel of known size is a vector
/// or two to the compiler.
template <class Action>
void for_patch_rows(const Patches& p, const Action& action) {
  for (int64_t i = 0; i < p.rows; ++i) {
    for (int64_t j = 0; j < p.columns; ++j) {
      int64_t entry = (i * p.columns + j) * p.table_row;
      for (int64_t plane = 0; plane < p.planes; ++plane) {
        int64_t place = plane * p.plane + i * p.stride * p.row + j * p.stride;
        for (int64_t k = 0; k < p.kernel; ++k, entry += p.kernel, place += p.row)
          action(place, entry);
      }
    }
  }
}

template <int kKernel>
void add(const Patches& patches, const float* table, float* images) {
  for_patch_rows(patches, [&](int64_t place, int64_t entry) {
    const int64_t kernel = kKernel > 0 ? kKernel : patches.kernel;
    for (int64_t k = 0; k < kernel; ++k) images[place + k] += table[entry + k];
  });
}

template <int kKernel>
void take(const Patches& patches, const float* images, float* table) {
  for_patch_rows(patches, [&](int64_t place, int64_t entry) {
    const int64_t kernel = kKernel > 0 ? kKernel : patches.kernel;
    for (int64_t k = 0; k < kernel; ++k) table[entry + k] = images[place + k];
  });
}

}  // namespace

void add_patches(const Patches& patches, const float* table, float* images) {
  switch (patches.kernel) {
    case 2: return add<2>(patches, table, images);
    case 3: return add<3>(patches, table, images);
    case 4: return add<4>(patches, table, images);
    default: return add<0>(patches, table, images);
  }
}

void take_patches(const Patches& patches, const float* images, float* table) {
  switch (patches.kernel) {
    case 2: return take<2>(patches, images, table);
    case 3: return take<3>(patches, images, table);
    case 4: return take<4>(patches, images, table);
    default: return take<0>(patches, images, table);
  }
}

}  // namespace hourglass::kernels
