#include "hourglass/apps/tools/code_points.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/models/layers.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::apps {

using namespace models;
using namespace evaluation;

std::optional<CodePoints> CodePoints::parse(const std::string& text) {
  CodePoints list;
  for (const auto& part : split_text(text, ';')) {
    const auto point = TextCodec<std::vector<double>>::parse(part);
    if (!point || point->empty()) return {};
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

at::Tensor shaped_codes(const ExportedModel& model, const at::Tensor& codes,
                        const std::string& where) {
  const auto shape = model.code_shape();
  if (!shape) return codes;
  const int64_t found = codes[0].numel();
  if (found != element_count(*shape)) {
    throw Error("{}: expected codes of {} value{}, as {} decodes them, found {}", where,
                element_count(*shape), element_count(*shape) == 1 ? "" : "s", model.path().string(),
                found);
  }
  Shape sizes = {codes.size(0)};
  sizes.insert(sizes.end(), shape->begin(), shape->end());
  return codes.reshape(sizes);
}

at::Tensor interpolate_codes(const at::Tensor& first, const at::Tensor& last, int64_t steps,
                             bool spherical) {
  const at::Tensor share = at::linspace(0, 1, steps, at::kDouble).unsqueeze(1);  // [steps, 1]
  const at::Tensor a = first.to(at::kDouble), b = last.to(at::kDouble);
  const double cosine = (a.dot(b) / (a.norm() * b.norm())).item<double>();
  const double angle = std::acos(cosine);
  if (!spherical || !(std::sin(angle) > 1e-6)) {
    return ((1 - share) * a + share * b).to(at::kFloat);
  }
  const at::Tensor from = at::sin((1 - share) * angle), to = at::sin(share * angle);
  return ((from * a + to * b) / std::sin(angle)).to(at::kFloat);
}

}  // namespace hourglass::apps
