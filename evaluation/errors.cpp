#include "hourglass/evaluation/errors.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/ssim.h"

#include <ATen/ATen.h>

#include <vector>

namespace hourglass::evaluation {
namespace {

/// [N, shape…] -> [N, D] float64 on the CPU.
at::Tensor item_rows(const at::Tensor& items) { return items.flatten(1).to(at::kCPU, at::kDouble); }

/// A reconstruction and its target as rows.
struct RowPair {
  at::Tensor reconstruction, target;
};

RowPair paired_rows(const at::Tensor& reconstruction, const at::Tensor& target) {
  RowPair rows{item_rows(reconstruction), item_rows(target)};
  if (rows.reconstruction.sizes() != rows.target.sizes()) {
    throw Error("reconstruction: expected {} items of {} values like the targets, found {} of {}",
                rows.target.size(0), rows.target.size(1), rows.reconstruction.size(0),
                rows.reconstruction.size(1));
  }
  return rows;
}

bool in_unit_range(const at::Tensor& values) {
  return at::logical_and(values >= 0, values <= 1).all().item<bool>();
}

/// The errors of batch after batch.
class ErrorCollector {
 public:
  ErrorCollector(bool with_ssim, double data_range)
      : with_ssim_(with_ssim), data_range_(data_range) {}

  void add(const at::Tensor& reconstruction, const at::Tensor& target) {
    const RowPair rows = paired_rows(reconstruction, target);
    mse_.push_back(item_mse(rows.reconstruction, rows.target));
    mae_.push_back(item_mae(rows.reconstruction, rows.target));
    psnr_.push_back(item_psnr(rows.reconstruction, rows.target, data_range_));
    with_bce_ = with_bce_ && has_bce(rows.reconstruction, rows.target);
    if (with_bce_) bce_.push_back(item_bce(rows.reconstruction, rows.target));
    if (with_ssim_) {
      ssim_.push_back(item_ssim(rows.reconstruction.view(target.sizes()),
                                rows.target.view(target.sizes()), data_range_));
    }
  }

  ReconstructionErrors all() const {
    const auto joined_if = [](bool wanted, const std::vector<at::Tensor>& parts) {
      return wanted ? at::cat(parts) : at::Tensor();
    };
    return {at::cat(mse_), at::cat(mae_), joined_if(with_bce_, bce_), at::cat(psnr_),
            joined_if(with_ssim_, ssim_)};
  }

 private:
  bool with_ssim_;
  bool with_bce_ = true;  // until a value outside 0 … 1 is met
  double data_range_;
  std::vector<at::Tensor> mse_, mae_, bce_, psnr_, ssim_;
};

ReconstructionErrors measure_batches(const std::function<at::Tensor(const Batch&)>& reconstruct,
                                     const datasets::Dataset& data, double data_range,
                                     const datasets::BatchProgress& progress) {
  if (data.size() == 0) throw Error("reconstruction errors: expected items, the data set has none");
  ErrorCollector errors(has_ssim(data.target_shape()), data_range);
  datasets::for_each_batch(
      data,
      [&](const Batch& batch, int64_t /*first*/) { errors.add(reconstruct(batch), batch.target); },
      progress);
  return errors.all();
}

}  // namespace

at::Tensor mean_of_known(const at::Tensor& errors, const at::Tensor& target) {
  const at::Tensor unknown = target.isnan();
  // Nearly always so, and less work.
  if (!unknown.any().item<bool>()) return errors.mean(-1);
  return errors.masked_fill(unknown, 0).sum(-1) / unknown.logical_not().sum(-1);
}

at::Tensor item_mse(const at::Tensor& reconstruction, const at::Tensor& target) {
  const RowPair rows = paired_rows(reconstruction, target);
  return mean_of_known((rows.reconstruction - rows.target).square(), rows.target);
}

at::Tensor item_mae(const at::Tensor& reconstruction, const at::Tensor& target) {
  const RowPair rows = paired_rows(reconstruction, target);
  return mean_of_known((rows.reconstruction - rows.target).abs(), rows.target);
}

bool has_bce(const at::Tensor& reconstruction, const at::Tensor& target) {
  return in_unit_range(reconstruction) && in_unit_range(target.nan_to_num(0));
}

at::Tensor item_bce(const at::Tensor& reconstruction, const at::Tensor& target) {
  const RowPair rows = paired_rows(reconstruction, target);
  if (!has_bce(rows.reconstruction, rows.target)) {
    throw Error("binary cross-entropy: expected values in 0 … 1, found others; use MSE or MAE");
  }
  return mean_of_known(at::binary_cross_entropy(rows.reconstruction, rows.target.nan_to_num(0), {},
                                                at::Reduction::None),
                       rows.target);
}

at::Tensor item_psnr(const at::Tensor& reconstruction, const at::Tensor& target,
                     double data_range) {
  return 10 * at::log10(data_range * data_range / item_mse(reconstruction, target));
}

ReconstructionMeans ReconstructionErrors::means() const {
  const auto mean_of = [](const at::Tensor& values) { return values.mean().item<double>(); };
  const auto mean_if_any = [&](const at::Tensor& values) {
    return values.defined() ? std::optional(mean_of(values)) : std::nullopt;
  };
  return {mean_of(mse), mean_of(mae), mean_if_any(bce), mean_of(psnr), mean_if_any(ssim)};
}

ReconstructionErrors measure_reconstructions(const Reconstructor& reconstruct,
                                             const datasets::Dataset& data, double data_range,
                                             const datasets::BatchProgress& progress) {
  return measure_batches([&](const Batch& batch) { return reconstruct(batch.input); }, data,
                         data_range, progress);
}

ReconstructionErrors measure_reconstructions(ExportedModel& model, const datasets::Dataset& data,
                                             double data_range,
                                             const datasets::BatchProgress& progress) {
  return measure_batches(
      [&](const Batch& batch) { return model.reconstruct(batch.input, batch.condition); }, data,
      data_range, progress);
}

}  // namespace hourglass::evaluation
