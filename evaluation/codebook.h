#pragma once

#include "hourglass/evaluation/exported_model.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::evaluation {

// Codes that are indices of a codebook's K vectors.

/// Whether a model's codes are such.
bool has_index_codes(const ExportedModel& model);

/// The vectors, float32 [K, D] on the CPU. Throws `Error` where the file holds none.
at::Tensor codebook(ExportedModel& model);

/// How often each of `size` indices comes in codes [N, …] of any type: int64 [size].
at::Tensor index_counts(const at::Tensor& codes, int64_t size);

/// What each of these indices [M] alone decodes to, at every place of the map: [M, target shape…].
at::Tensor decoded_indices(ExportedModel& model, const at::Tensor& indices,
                           const at::Tensor& condition = {});

}  // namespace hourglass::evaluation
