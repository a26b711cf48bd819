#include "hourglass/apps/tools/code_points.h"

#include "hourglass/core/text.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace hourglass::apps {
namespace {

/// Whether codes, which are float32, can hold it.
bool is_float(double number) { return std::isfinite(static_cast<float>(number)); }

}  // namespace

std::optional<CodePoints> CodePoints::parse(const std::string& text) {
  CodePoints list;
  for (const auto& part : split_text(text, ';')) {
    const auto point = TextCodec<std::vector<double>>::parse(part);
    if (!point || point->empty() || !std::all_of(point->begin(), point->end(), is_float)) return {};
    if (!list.points.empty() && point->size() != list.points.front().size()) return {};
    list.points.push_back(*point);
  }
  if (list.points.empty()) return {};
  return list;
}

std::string CodePoints::text() const {
  std::vector<std::string> parts;
  for (const auto& point : points) {
    parts.push_back(TextCodec<std::vector<double>>::format(point));
  }
  return join_text(parts, ";");
}

at::Tensor to_tensor(const CodePoints& list) {
  std::vector<at::Tensor> rows;
  for (const auto& point : list.points) rows.push_back(at::tensor(point, at::kFloat));
  return at::stack(rows);
}

}  // namespace hourglass::apps
