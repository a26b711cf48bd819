#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass::evaluation {

/// How like real items samples of a model are, on features of both: what fits them (precision,
/// density) and what is left out (recall, coverage).
struct SampleQuality {
  /// ‖μ − μ'‖² + tr(Σ + Σ' − 2 (Σ Σ')^½), the distance of the normal distributions with the means
  /// and covariances of both (Heusel et al. 2017: "GANs trained by a two time-scale update rule";
  /// the FID only where the features are those of Inception).
  double frechet = 0;
  /// The unbiased squared maximum mean discrepancy by the kernel (a·b/F + 1)³ (Bińkowski et al.
  /// 2018: "Demystifying MMD GANs"); 0 on average for samples of the same distribution, so it can
  /// be negative.
  double mmd = 0;
  /// The share of samples that lie in the ball of a real item, which reaches to its k-th neighbour
  /// among real ones, and of real items in a sample's (Kynkäänniemi et al. 2019: "Improved
  /// precision and recall metric for assessing generative models").
  double precision = 0, recall = 0;
  /// How many real items' balls hold a sample, in k-ths on average, and the share of real items
  /// whose ball holds some sample (Naeem et al. 2020: "Reliable fidelity and diversity metrics").
  double density = 0, coverage = 0;
};

/// `real` is [N, F], `samples` [M, F]; `neighbours` is k. Throws `Error` for values that are not
/// finite, rows of different lengths, and unless both have more than k rows. Takes N · M · F
/// multiplications, and memory for some thousand rows of distances.
SampleQuality measure_samples(const at::Tensor& real, const at::Tensor& samples,
                              int64_t neighbours = 5);

}  // namespace hourglass::evaluation
