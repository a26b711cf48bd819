#include "hourglass/evaluation/classes.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/column.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <memory>
#include <tuple>

namespace hourglass::evaluation {
namespace {

[[noreturn]] void refuse_absent_class(const std::string& name, const at::Tensor& labels,
                                      const std::vector<std::string>& class_names) {
  const at::Tensor there = std::get<0>(at::_unique(labels));
  std::vector<std::string> names;
  for (int64_t i = 0; i < there.numel(); ++i) {
    names.push_back(class_name(there[i].item<int64_t>(), class_names));
  }
  throw Error("class '{}': expected rows of it here, found rows of {} alone", name,
              join_text(names));
}

at::Tensor has_class(const at::Tensor& labels, const std::vector<std::string>& class_names,
                     const std::vector<std::string>& names, bool absent_allowed) {
  at::Tensor found = at::zeros_like(labels, at::kBool);
  for (const auto& name : names) {
    const auto label = datasets::label_of(name, class_names);
    const at::Tensor here = labels == label.value_or(-1);
    if (!absent_allowed && !here.any().item<bool>()) {
      if (label) refuse_absent_class(name, labels, class_names);
      throw Error("class '{}': expected rows of it{}, found classes {}", name,
                  suggestion(name, class_names), join_text(class_names));
    }
    found.logical_or_(here);
  }
  return found;
}

}  // namespace

std::string class_name(int64_t label, const std::vector<std::string>& class_names) {
  const bool named = label < std::ssize(class_names);
  return named ? class_names[static_cast<size_t>(label)] : std::to_string(label);
}

at::Tensor labels_of(const datasets::Dataset& rows) {
  if (!rows.has_labels()) return {};
  std::vector<at::Tensor> labels;
  datasets::for_each_batch(
      rows, [&](const Batch& batch, int64_t /*first*/) { labels.push_back(batch.labels.cpu()); });
  return at::cat(labels);
}

void check(const NormalClasses& classes) {
  if (classes.normal.empty() || classes.anomalous.empty()) return;
  throw UsageError("`normal_class` and `anomaly_class`: give one of them, each implies the other");
}

at::Tensor anomalies_among(const at::Tensor& labels, const std::vector<std::string>& class_names,
                           const NormalClasses& classes, bool absent_allowed) {
  if (classes.normal.empty()) {
    return has_class(labels, class_names, classes.anomalous, absent_allowed);
  }
  return has_class(labels, class_names, classes.normal, absent_allowed).logical_not();
}

datasets::DatasetPtr normal_rows(const datasets::DatasetPtr& rows,
                                 const std::vector<std::string>& class_names,
                                 const NormalClasses& classes) {
  if (!classes.any()) return rows;
  const at::Tensor labels = labels_of(*rows);
  if (!labels.defined()) {
    throw Error("`normal_class` and `anomaly_class`: the training rows have no labels");
  }
  const at::Tensor normal =
      anomalies_among(labels, class_names, classes, /*absent_allowed=*/false).logical_not();
  const at::Tensor positions = at::nonzero(normal).flatten();
  if (positions.numel() == 0) throw Error("expected normal training rows, found anomalies alone");
  return std::make_shared<datasets::Subset>(rows, positions);
}

}  // namespace hourglass::evaluation
