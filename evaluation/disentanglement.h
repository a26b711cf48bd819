#pragma once

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::evaluation {

// How far each value of a code stands for one of the factors that made the items (a position, a size, a
// colour), where those are known. D is the number of values in a code, F that of factors.

/// What made each item: [N, F] float64, a column a factor. Categories are numbers, in any order.
struct Factors {
  std::vector<std::string> names;
  at::Tensor values;
};

struct Disentanglement {
  /// The mutual information gap (Chen et al. 2018, "Isolating sources of disentanglement in variational
  /// autoencoders"): how much more the most telling value of a code says of a factor than the second, in
  /// shares of the factor's entropy, the mean over factors. Values are counted in 20 bins from their
  /// least to their greatest, as by Locatello et al. 2019; so are factors of more than 20 values.
  double mutual_information_gap = 0;

  // Eastwood & Williams 2018, "A framework for the quantitative evaluation of disentangled
  // representations": R, the absolute weights of a lasso that predicts each factor of the code, with
  // α = 0.02 on standardised numbers.
  double disentanglement = 0;  ///< whether a value of the code matters to one factor alone
  double completeness = 0;     ///< whether one value alone matters to a factor
  double informativeness = 0;  ///< the share of the factors' variance that the lasso explains, R²

  struct OfFactor {
    std::string name;
    int64_t unit = 0;              ///< the value of the code that tells most of it, from 0
    double information_share = 0;  ///< what that tells of its entropy
    double explained = 0;          ///< R²
  };
  std::vector<OfFactor> factors;
};

/// `codes` is [N, shape…]. The lasso is fitted on a half of the items, drawn at random, and judged on the
/// other. Throws `Error` for another number of items than the factors have, for less than four, for more
/// than 4,096 values in a code, for numbers that are not finite, and for a factor that does not vary.
Disentanglement measure_disentanglement(const at::Tensor& codes, const Factors& factors);

/// The weights w that minimise ‖y − X w‖² / 2N + α Σ|w|, by coordinate descent: X [N, D] and y [N, F],
/// both with columns of mean 0, give [F, D]. All float64.
at::Tensor lasso(const at::Tensor& x, const at::Tensor& y, double alpha);

nlohmann::json to_json(const Disentanglement& found);

/// For people, beginning with "factors   …".
std::vector<std::string> lines_of(const Disentanglement& found);

}  // namespace hourglass::evaluation
