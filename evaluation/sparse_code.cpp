#include "hourglass/evaluation/sparse_code.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/batches.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::evaluation {
namespace {

using nlohmann::json;

/// The decoder's vectors, a row a unit: [W, D].
at::Tensor learned_vectors(const ExportedModel& model) {
  at::Tensor weight;
  for (const auto& parameter : model.parameters()) {
    const bool is_of_decoder = parameter.name.starts_with("decoder.") && parameter.value.dim() > 1;
    if (!is_of_decoder) continue;
    if (weight.defined() || parameter.value.dim() != 2) weight = at::zeros({0, 0});
    if (!weight.defined()) weight = parameter.value.t();
  }
  if (!weight.defined() || weight.numel() == 0) {
    throw Error(
        "{}: expected a decoder of one dense layer, whose columns a known dictionary can be "
        "compared "
        "with, found another",
        model.path().string());
  }
  return weight;
}

std::string share_text(int64_t count, int64_t all) {
  return fmt::format("{} ({:.1f} %)", with_thousands(count),
                     100 * static_cast<double>(count) / static_cast<double>(all));
}

}  // namespace

bool is_sparse_model(const ExportedModel& model) {
  return model.card() && model.card()->options.find<std::string>("sparsity").has_value();
}

SparseCode measure_sparse_code(ExportedModel& model, const datasets::Dataset& rows,
                               const KnownDictionary* known) {
  DictionaryMeter meter;
  std::optional<DictionaryMatcher> matcher;
  if (known) matcher.emplace(learned_vectors(model), *known);
  datasets::for_each_batch(rows, ExportedModel::kBatch, 0, [&](const Batch& batch, int64_t) {
    const at::Tensor code = model.encode(batch.input, batch.condition);
    const at::Tensor flat = code.flatten(1);
    meter.add(flat, model.decode(code, batch.condition), batch.target.cpu());
    if (matcher) matcher->add(flat, batch.rows);
  });
  SparseCode found{.measures = meter.measures()};
  if (known) {
    found.known = known->name;
    found.known_vectors = known->vectors.size(0);
    found.match = matcher->match();
  }
  return found;
}

json to_json(const SparseCode& found) {
  const DictionaryMeasures& measures = found.measures;
  json object = {{"rows", measures.rows},
                 {"units", measures.units},
                 {"l0", measures.l0},
                 {"explained_variance", measures.explained_variance},
                 {"fvu", measures.fvu()},
                 {"dead_units", measures.dead},
                 {"dense_units", measures.dense},
                 {"dense_above", DictionaryMeasures::kDenseAbove}};
  if (!found.match) return object;
  json match = {{"file", found.known},
                {"vectors", found.known_vectors},
                {"mcc", found.match->mcc},
                {"uniqueness", found.match->uniqueness}};
  if (const auto& detection = found.match->detection) {
    match.update({{"f1", detection->f1},
                  {"precision", detection->precision},
                  {"recall", detection->recall}});
  }
  object["dictionary"] = match;
  return object;
}

std::vector<std::string> lines_of(const SparseCode& found) {
  const DictionaryMeasures& measures = found.measures;
  std::vector<std::string> lines = {
      fmt::format("sparsity  {:.2f} of {} units speak in a row (L0); explained variance {:.4f}, "
                  "unexplained (FVU) {:.4f}",
                  measures.l0, with_thousands(measures.units), measures.explained_variance,
                  measures.fvu()),
      fmt::format("          {} dead: silent in all {} rows; {} dense: speak in more than {:.0f} % "
                  "of them",
                  share_text(measures.dead, measures.units), with_thousands(measures.rows),
                  share_text(measures.dense, measures.units),
                  100 * DictionaryMeasures::kDenseAbove)};
  if (!found.match) return lines;
  lines.push_back(fmt::format("known     MCC {:.4f}, uniqueness {:.4f} against {} vectors of {}",
                              found.match->mcc, found.match->uniqueness,
                              with_thousands(found.known_vectors), found.known));
  if (const auto& detection = found.match->detection) {
    lines.push_back(
        fmt::format("          F1 {:.4f}, precision {:.4f}, recall {:.4f}, the mean of "
                    "all units",
                    detection->f1, detection->precision, detection->recall));
  }
  return lines;
}

}  // namespace hourglass::evaluation
