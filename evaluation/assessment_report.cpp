#include "hourglass/evaluation/assessment_report.h"

#include "hourglass/core/text.h"
#include "hourglass/core/text_table.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <set>

namespace hourglass::evaluation {
namespace {

void add_row(TextTable& table, const std::string& name, const std::string& size,
             const Measures& measures) {
  std::vector<std::string> cells = {name, size};
  for (const auto& [measure, measured] : measures) cells.push_back(measure_text(measure, measured));
  table.add(cells);
}

std::string codes_text(const Assessment& found) {
  const CodeStatistics& codes = *found.codes;
  std::string text = fmt::format("{} units, {} dead", codes.units, codes.dead_units);
  if (found.gaussian_code) text += fmt::format(", {} active", codes.active_units);
  if (codes.covariance_rank) text += fmt::format(", covariance of rank {}", *codes.covariance_rank);
  return text;
}

std::string codebook_text(const CodebookUse& use) {
  const std::string several =
      use.codebooks > 1 ? fmt::format("{} codebooks, each of ", use.codebooks) : "indices of ";
  return fmt::format("{}{} vectors, {:.1f} % of them used, perplexity {:.1f}", several, use.size,
                     100 * use.used, use.perplexity);
}

std::string indented(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += fmt::format("  {}\n", line);
  return text;
}

/// What was found, or under `title` why nothing was.
template <class Found>
std::string lines_text(const std::string& title, const Asked<Found>& asked) {
  std::string text = asked.found ? indented(lines_of(*asked.found)) : "";
  if (!asked.obstacle.empty()) text += fmt::format("  {:<9} none: {}\n", title, asked.obstacle);
  return text;
}

std::string speed_text(const AssessedModel& model) {
  const auto items = [](double number) {
    return with_thousands(static_cast<int64_t>(std::llround(number)));
  };
  std::string text =
      fmt::format("{} items/s reconstructed", items(model.found.reconstructed_per_second));
  if (model.found.encoded_per_second) {
    text += fmt::format(", {} encoded", items(*model.found.encoded_per_second));
  }
  return fmt::format("{} ({}, {} threads)", text, model.device, at::get_num_threads());
}

}  // namespace

void name_all(std::vector<AssessedModel>& all) {
  std::set<std::string> seen;
  for (auto& model : all) {
    const std::filesystem::path path = model.path;
    const std::string folder = path.parent_path().filename();
    model.name = path.stem() == "best" && !folder.empty() ? folder : path.stem().string();
    seen.insert(model.name);
  }
  if (seen.size() == all.size()) return;
  for (auto& model : all) model.name = model.path;
}

nlohmann::json to_json(const AssessedModel& model) {
  nlohmann::json json = to_json(model.found);
  json.update({{"checkpoint", model.path},
               {"rows", model.rows},
               {"training_rows", model.training_rows},
               {"rows_seen_in_training", model.seen_in_training},
               {"device", model.device},
               {"threads", at::get_num_threads()}});
  return json;
}

std::string measure_table(const std::vector<AssessedModel>& all) {
  std::vector<std::string> header = {"", "code"};
  for (const auto& entry : all.front().found.model) header.push_back(measure_title(entry.first));
  TextTable table(header);
  for (const auto& model : all) {
    const auto text = [](const auto& size) { return size ? with_thousands(*size) : "n/a"; };
    add_row(table, model.name, text(model.found.code_size), model.found.model);
    add_row(table, "  PCA", text(model.found.pca_size), model.found.pca);
  }
  return table.text("");
}

std::string details_text(const AssessedModel& model) {
  const Assessment& found = model.found;
  std::string text = fmt::format(
      "{}\n  rows      {}{}; PCA, neighbours and probe fitted on {}\n", model.name, model.rows,
      model.seen_in_training ? " (trained on, at least in part)" : "", model.training_rows);
  if (found.gaussian_code) text += "  codes are the means of their distributions\n";
  if (const std::string missing = missing_text(found); !missing.empty()) {
    text += fmt::format("  n/a       {}\n", missing);
  }
  if (found.codes) text += fmt::format("  codes     {}\n", codes_text(found));
  if (found.codebook) text += fmt::format("  codes     {}\n", codebook_text(*found.codebook));
  text += lines_text("factors", found.disentanglement);
  text += lines_text("annealing", found.likelihood_check);
  if (found.sparsity) text += indented(lines_of(*found.sparsity));
  text += lines_text("samples", found.generation);
  return text + fmt::format("  speed     {}\n  verdict   {}\n", speed_text(model), verdict(found));
}

}  // namespace hourglass::evaluation
