#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/errors.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/formats/data_card.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace hourglass::evaluation {

/// What is measured alike on an autoencoder and on the PCA of its size; and the negative
/// log-likelihood, which only some autoencoders have.
enum class Measure { Mse, Bce, Psnr, Ssim, OneNeighbour, FiveNeighbours, Probe, Nll };
constexpr auto names_of(Measure) {
  return std::to_array<EnumName<Measure>>({{Measure::Mse, "mse"},
                                           {Measure::Bce, "bce"},
                                           {Measure::Psnr, "psnr"},
                                           {Measure::Ssim, "ssim"},
                                           {Measure::OneNeighbour, "knn1"},
                                           {Measure::FiveNeighbours, "knn5"},
                                           {Measure::Probe, "probe"},
                                           {Measure::Nll, "nll"}});
}

/// Whether it is a share of items whose class is found.
bool is_accuracy(Measure measure);

/// As a column heading: "PSNR, dB".
std::string measure_title(Measure measure);

/// A value, or why there is none.
struct MeasureValue {
  std::optional<double> value;
  std::string reason;
};
using Measures = std::map<Measure, MeasureValue>;

/// "0.012345", "87.10 %", "n/a".
std::string measure_text(Measure measure, const MeasureValue& measured);

/// The means of the errors over all items of `rows`.
Measures measure_errors(ExportedModel& model, const datasets::Dataset& rows, double data_range);
Measures measure_errors(const Reconstructor& reconstruct, const datasets::Dataset& rows,
                        double data_range);

/// What the codes say of the classes: neighbours and probe are fitted on the training codes.
struct CodePair {
  Codes training, evaluated;
  at::Tensor own_rows;  ///< see `NeighbourOptions`; undefined where no row is in both
};
Measures measure_codes(const CodePair& codes);

/// What `measure_codes` or all but the likelihood give without a value, for one reason.
Measures no_code_measures(const std::string& reason);
Measures no_measures(const std::string& reason);

/// Why the training rows, of which `data` tells, give no PCA of a code's size to compare with, "no
/// PCA: …"; empty where they do.
std::string pca_obstacle(std::optional<int64_t> code_size, const datasets::Dataset& training,
                         const formats::DataCard& data);

/// The position in `training` of each item of `rows`, −1 where it is not there; both are parts of
/// the same data: int64 [N].
at::Tensor positions_among(const datasets::Dataset& training, const datasets::Dataset& rows);

/// Items a second of `work` on so many, after a first run that does not count.
double items_per_second(const std::function<void()>& work, int64_t items);

}  // namespace hourglass::evaluation
