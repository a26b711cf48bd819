#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/errors.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/sources/open.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace hourglass::apps {

/// What is measured alike on an autoencoder and on the PCA of its size.
enum class Measure { Mse, Bce, Psnr, Ssim, OneNeighbour, FiveNeighbours, Probe };
constexpr auto names_of(Measure) {
  return std::to_array<EnumName<Measure>>({{Measure::Mse, "mse"},
                                           {Measure::Bce, "bce"},
                                           {Measure::Psnr, "psnr"},
                                           {Measure::Ssim, "ssim"},
                                           {Measure::OneNeighbour, "knn1"},
                                           {Measure::FiveNeighbours, "knn5"},
                                           {Measure::Probe, "probe"}});
}

/// As a column heading: "PSNR, dB".
std::string measure_title(Measure measure);

/// A value, or why there is none.
struct MeasureValue {
  std::optional<double> value;
  std::string reason;
};
using Measures = std::map<Measure, MeasureValue>;

/// An autoencoder, a PCA, or anything else that makes codes of items and items of codes.
struct Coder {
  evaluation::Reconstructor reconstruct;
  evaluation::EncodeFunction encode;  ///< empty where it makes no codes
};

/// The means of the errors over all items of `rows`.
Measures measure_errors(const evaluation::Reconstructor& reconstruct, const datasets::Dataset& rows,
                        double data_range);

/// What the codes say of the classes: neighbours and probe are fitted on the training codes.
struct CodePair {
  evaluation::Codes training, evaluated;
  at::Tensor own_rows;  ///< see `NeighbourOptions`; undefined where no row is in both
};
Measures measure_codes(const CodePair& codes);

/// All measures without a value, for one reason.
Measures no_measures(const std::string& reason);

/// Why there is no PCA of a code's size to compare with, "no PCA: …"; empty where there is one.
/// `info` is of the training rows, `item_shape` of a target.
std::string pca_obstacle(std::optional<int64_t> code_size, const Shape& item_shape,
                         const sources::DataInfo& info);

/// The position in `training` of each item of `rows`, −1 where it is not there; both are parts of
/// the same data: int64 [N].
at::Tensor positions_among(const datasets::Dataset& training, const datasets::Dataset& rows);

/// Items a second of `work` on `input`, after a first run that does not count; the copies to and
/// from the device do.
double items_per_second(const std::function<void(const at::Tensor& input)>& work,
                        const at::Tensor& input);

}  // namespace hourglass::apps
