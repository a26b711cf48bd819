#pragma once

#include "hourglass/evaluation/exported_model.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::evaluation {

// Codes that are indices of a codebook's K vectors, or of several codebooks' (models/quantizers/).

/// Whether a model's codes are such.
bool has_index_codes(const ExportedModel& model);

/// Throws `Error` where they are, for what compares codes as measurements: "`score` mahalanobis".
void refuse_index_codes(const ExportedModel& model, const std::string& what);

/// The vectors, of several codebooks those of the first: float32 [K, D] on the CPU. Throws `Error`
/// where the file holds none.
at::Tensor codebook(ExportedModel& model);

/// The codes of each codebook, where there are L of them: [N, L, h, w] and [N, L] as L maps
/// [N, h, w] and [N, 1]; [N, h, w] and [N, 1] as they are.
std::vector<at::Tensor> maps_of_codebooks(const at::Tensor& codes);

/// How much of its codebooks a model uses (van den Oord, Vinyals & Kavukcuoglu 2017).
struct CodebookUse {
  int64_t size = 0;       ///< vectors of a codebook, K
  int64_t codebooks = 1;  ///< L
  double used = 0;        ///< share of the K that occur, the mean over codebooks
  double perplexity = 0;  ///< exp(−Σ p log p) of how often each occurs, the mean over codebooks
};

/// That of codes [N, …].
CodebookUse codebook_use(ExportedModel& model, const at::Tensor& codes);

/// How often each of `size` indices comes in codes [N, …] of any type: int64 [size].
at::Tensor index_counts(const at::Tensor& codes, int64_t size);

/// What each of these indices [M] of a single codebook decodes to, at every place of the map: [M,
/// target shape…].
at::Tensor decoded_indices(ExportedModel& model, const at::Tensor& indices,
                           const at::Tensor& condition = {});

}  // namespace hourglass::evaluation
