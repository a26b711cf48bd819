#include "apps/finite_rows.h"

#include "core/error.h"

#include <ATen/ATen.h>

#include <memory>
#include <utility>

namespace hourglass {
namespace {

void expect_finite(const at::Tensor& values, const at::Tensor& rows, const std::string& name) {
  const at::Tensor finite = at::isfinite(values);
  if (finite.all().item<bool>()) return;
  const at::Tensor place = at::nonzero(finite.logical_not().flatten(1))[0].cpu();
  const auto item = place[0].item<int64_t>();
  const auto value = place[1].item<int64_t>();
  throw Error("{}: expected finite numbers, found {} as value {} of row {}", name,
              values.flatten(1)[item][value].item<float>(), value, rows[item].item<int64_t>());
}

}  // namespace

FiniteRows::FiniteRows(DatasetPtr rows, std::string name)
    : rows_(std::move(rows)), name_(std::move(name)) {}

Batch FiniteRows::batch(const at::Tensor& positions, int64_t epoch) const {
  Batch batch = rows_->batch(positions, epoch);
  expect_finite(batch.input, batch.rows, name_);
  if (!batch.target.is_same(batch.input)) expect_finite(batch.target, batch.rows, name_);
  return batch;
}

DatasetPtr FiniteRows::to(at::Device device) const {
  return std::make_shared<FiniteRows>(rows_->to(device), name_);
}

}  // namespace hourglass
