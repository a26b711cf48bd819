#include "hourglass/evaluation/fact_text.h"

#include "hourglass/core/printable.h"
#include "hourglass/core/shape.h"
#include "hourglass/core/text.h"
#include "hourglass/core/text_table.h"
#include "hourglass/models/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace hourglass::evaluation {
namespace {

using nlohmann::json;

// ---- Models

std::string plain(const json& value) {
  return value.is_string() ? printable(value.get<std::string>()) : value.dump();
}

std::string values_text(const std::string& heading, const json& object) {
  if (object.empty()) return "";
  size_t width = 0;
  for (const auto& [key, value] : object.items()) width = std::max(width, printable(key).size());
  std::string text = fmt::format("\n{}\n", heading);
  for (const auto& [key, value] : object.items()) {
    text += fmt::format("  {:<{}}  {}\n", printable(key), width, plain(value));
  }
  return text;
}

std::string rows_text(const std::string& heading, const json& rows,
                      const std::vector<std::string>& columns) {
  if (rows.empty()) return "";
  TextTable table(columns);
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& column : columns) {
      const json& value = row.at(column);
      cells.push_back(value.is_number_integer() ? with_thousands(value) : plain(value));
    }
    table.add(cells);
  }
  return fmt::format("\n{}\n{}", heading, table.text());
}

/// Whether a layer or parameter is of the part "encoder." or "decoder."; "" is the whole.
bool is_in_part(const std::string& name, const std::string& part) {
  return name.starts_with(part) || (part == "decoder." && name == "output");
}

/// The layers of a part as the trainers print them.
models::ModelSummary summary_of(const json& facts, const std::string& part) {
  models::ModelSummary summary;
  int64_t values = 0;
  for (const auto& row : facts.at("layers")) {
    const std::string name = row.at("name");
    if (!is_in_part(name, part)) continue;
    summary.layers.push_back({name, row.at("type"), row.at("output_shape"), row.at("parameters")});
    values += summary.layers.back().values;
  }
  for (const auto& row : facts.at("parameters")) {
    if (is_in_part(row.at("name"), part)) summary.trainable += row.at("count").get<int64_t>();
  }
  // Weights that two layers share are in the rows of both.
  summary.fixed = std::max<int64_t>(0, values - summary.trainable);
  return summary;
}

std::string layers_text(const json& facts) {
  std::string text;
  for (const auto& [heading, part] :
       {std::pair{"Whole", ""}, {"Encoder", "encoder."}, {"Decoder", "decoder."}}) {
    const models::ModelSummary summary = summary_of(facts, part);
    if (!summary.layers.empty()) text += fmt::format("\n{}\n{}", heading, to_text(summary));
  }
  return text;
}

// ---- Activations

/// A cell of a table: the number, or nothing where there is none.
std::string number_cell(const json& row, const std::string& key) {
  return row.contains(key) ? fmt::format("{:.4g}", row.at(key).get<double>()) : "";
}

std::string number_table(const json& rows, const std::vector<std::string>& header,
                         const std::vector<std::string>& keys) {
  TextTable table(header);
  for (const auto& row : rows) {
    std::vector<std::string> cells = {row.at("name"), shape_text(row.at("shape").get<Shape>())};
    for (const auto& key : keys) cells.push_back(number_cell(row, key));
    table.add(cells);
  }
  return table.text();
}

}  // namespace

std::string model_text(const json& facts) {
  std::string text =
      fmt::format("{}, {} bytes, {} parameters\n", plain(facts.at("file")),
                  with_thousands(facts.at("bytes")), with_thousands(facts.at("parameter_count")));
  text += values_text("Model", facts.at("model"));
  text += rows_text("Methods", facts.at("methods"), {"name", "signature", "output_shape"});
  if (facts.at("layers").empty()) {
    text += rows_text("Modules", facts.at("modules"), {"name", "type"});
    text += rows_text("Parameters", facts.at("parameters"), {"name", "shape", "count"});
  } else {
    text += layers_text(facts);
  }
  return text + values_text("Data", facts.at("data")) +
         values_text("Results", facts.at("results")) + values_text("Options", facts.at("options"));
}

std::string difference_text(const json& differences, const std::string& first,
                            const std::string& second) {
  if (differences.empty()) return "no difference in what the files tell\n";
  TextTable table({"", first, second});
  for (const auto& row : differences) {
    table.add({row.at("what"), plain(row.at("first")), plain(row.at("second"))});
  }
  return table.text("");
}

std::string activation_text(const json& facts) {
  std::vector<std::string> header = {"layer", "shape", "least", "greatest", "mean", "zeros"};
  std::vector<std::string> keys = {"least", "greatest", "mean", "zeros"};
  if (!facts.contains("loss")) return number_table(facts.at("layers"), header, keys);
  header.emplace_back("|gradient|");
  keys.emplace_back("gradient_norm");
  std::string text = number_table(facts.at("layers"), header, keys);
  if (!facts.at("weights").empty()) {
    text += "\n" +
            number_table(facts.at("weights"), {"weight", "shape", "|gradient|"}, {"gradient_norm"});
  }
  return text + fmt::format("\nloss {:.6g}, |gradient| of the input {:.4g}\n",
                            facts.at("loss").get<double>(),
                            facts.at("input_gradient_norm").get<double>());
}

}  // namespace hourglass::evaluation
