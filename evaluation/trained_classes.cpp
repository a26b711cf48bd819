#include "hourglass/evaluation/trained_classes.h"

#include "hourglass/core/text.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace hourglass::evaluation {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

NormalClasses normal_by_training(const formats::DataCard& data) {
  const auto& trained = data.classes_seen();
  if (trained.size() >= data.class_names.size()) return {};
  return {.normal = trained, .anomalous = {}};
}

std::vector<std::string> anomalies_in_training(const formats::DataCard& data,
                                               const NormalClasses& classes) {
  std::vector<std::string> found;
  if (!classes.any()) return found;
  const at::Tensor labels = at::arange(std::ssize(data.class_names), at::kLong);
  const at::Tensor anomalous =
      anomalies_among(labels, data.class_names, classes, /*absent_allowed=*/true);
  for (size_t label = 0; label < data.class_names.size(); ++label) {
    const std::string& name = data.class_names[label];
    const bool is_anomaly = anomalous[static_cast<int64_t>(label)].item<bool>();
    if (is_anomaly && contains(data.classes_seen(), name)) found.push_back(name);
  }
  return found;
}

std::string anomalies_in_training_text(const formats::DataCard& data,
                                       const std::vector<std::string>& anomalies) {
  std::vector<std::string> normal;
  for (const auto& name : data.classes_seen()) {
    if (!contains(anomalies, name)) normal.push_back(name);
  }
  return fmt::format(
      "the model was trained on rows of {} of the classes that are anomalies here, and may give "
      "them "
      "back as well as normal ones: train one with --classes '{}'",
      anomalies.size(), join_text(normal, ","));
}

}  // namespace hourglass::evaluation
