#include "hourglass/evaluation/strongest_items.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::evaluation {

StrongestItems find_strongest_items(ExportedModel& model, const datasets::Dataset& rows,
                                    int64_t count, const datasets::BatchProgress& progress) {
  StrongestItems found;
  const auto look_at = [&](const Batch& batch, int64_t first) {
    const at::Tensor code = model.encode(batch.input, batch.condition).flatten(1).to(at::kFloat);
    const at::Tensor places =
        at::arange(first, first + code.size(0)).expand({code.size(1), code.size(0)});  // [W, B]
    const at::Tensor spoken = code.ne(0).sum(0).to(at::kDouble);
    const at::Tensor squares = code.to(at::kDouble).square().sum(0);
    at::Tensor values = code.t(), candidates = places;
    if (found.positions.defined()) {
      values = at::cat({found.values, values}, 1);
      candidates = at::cat({found.positions, candidates}, 1);
    }
    // A stable order: of equal values the earlier row stays first.
    const auto [sorted, order] = at::sort(values, /*stable=*/true, /*dim=*/1, /*descending=*/true);
    const int64_t kept = std::min(count, sorted.size(1));
    found.values = sorted.narrow(1, 0, kept).contiguous();
    found.positions = candidates.gather(1, order.narrow(1, 0, kept));
    found.share = found.share.defined() ? found.share + spoken : spoken;
    found.energy = found.energy.defined() ? found.energy + squares : squares;
  };
  datasets::for_each_batch(rows, ExportedModel::kBatch, 0, look_at, progress);
  found.rows = rows.rows_at(found.positions.flatten()).cpu().view_as(found.positions);
  found.share = found.share / static_cast<double>(rows.size());
  return found;
}

std::vector<int64_t> units_of_most_energy(const StrongestItems& found, int64_t count) {
  const at::Tensor order = found.energy.argsort(/*stable=*/true, /*dim=*/0, /*descending=*/true);
  const int64_t kept = std::min(count, found.energy.gt(0).sum().item<int64_t>());
  return {order.const_data_ptr<int64_t>(), order.const_data_ptr<int64_t>() + kept};
}

nlohmann::json to_json(const StrongestItems& found, const std::vector<int64_t>& units) {
  const auto numbers = []<class T>(const at::Tensor& tensor, T) {
    const at::Tensor values = tensor.to(c10::CppTypeToScalarType<T>::value).contiguous();
    const T* first = values.const_data_ptr<T>();
    return std::vector<T>(first, first + values.numel());
  };
  nlohmann::json all = nlohmann::json::array();
  for (const int64_t unit : units) {
    all.push_back({{"unit", unit},
                   {"share", found.share[unit].item<double>()},
                   {"rows", numbers(found.rows[unit], int64_t{})},
                   {"values", numbers(found.values[unit], double{})}});
  }
  return all;
}

}  // namespace hourglass::evaluation
