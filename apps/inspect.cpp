// Tells what a TorchScript file is: its layers as in a Keras summary, where it comes from, what it
// reached; or how two files differ.
//
//   inspect runs/mine/best.pt
//   inspect third_party.pt --input-shape 1,28,28
//   inspect a.pt --diff b.pt --json

#include "hourglass/apps/tools/model_facts.h"
#include "hourglass/apps/tools/text_table.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/text.h"
#include "hourglass/models/summary.h"

#include <fmt/format.h>

namespace hourglass::apps {

using namespace models;
using namespace evaluation;
using namespace cli;

namespace {

using nlohmann::json;

struct InspectOptions {
  ModelOptions model;
  std::string diff;
  bool json = false;

  void describe(FieldTable& table);
};

void InspectOptions::describe(FieldTable& table) {
  table.begin_group("Output");
  table.add("diff", diff, "list what differs from this one instead").shown_as("FILE");
  table.add("json", json, "as JSON");
  model.describe(table);
}

std::string plain(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void print_values(const std::string& heading, const json& object) {
  if (object.empty()) return;
  size_t width = 0;
  for (const auto& [key, value] : object.items()) width = std::max(width, key.size());
  fmt::print("\n{}\n", heading);
  for (const auto& [key, value] : object.items()) {
    fmt::print("  {:<{}}  {}\n", key, width, plain(value));
  }
}

void print_rows(const std::string& heading, const json& rows,
                const std::vector<std::string>& columns) {
  if (rows.empty()) return;
  TextTable table(columns);
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& column : columns) {
      const json& value = row.at(column);
      cells.push_back(value.is_number_integer() ? with_thousands(value) : plain(value));
    }
    table.add(cells);
  }
  fmt::print("\n{}\n{}", heading, table.text());
}

/// Whether a layer or parameter is of the part "encoder." or "decoder."; "" is the whole.
bool belongs_to(const std::string& name, const std::string& part) {
  return name.starts_with(part) || (part == "decoder." && name == "output");
}

/// The layers of a part as the trainers print them.
ModelSummary summary_of(const json& facts, const std::string& part) {
  ModelSummary summary;
  int64_t values = 0;
  for (const auto& row : facts.at("layers")) {
    const std::string name = row.at("name");
    if (!belongs_to(name, part)) continue;
    summary.layers.push_back({name, row.at("type"), row.at("output_shape"), row.at("parameters")});
    values += summary.layers.back().values;
  }
  for (const auto& row : facts.at("parameters")) {
    if (belongs_to(row.at("name"), part)) {
      summary.trainable += row.at("count").get<int64_t>();
    }
  }
  // Weights that two layers share are in the rows of both.
  summary.fixed = std::max<int64_t>(0, values - summary.trainable);
  return summary;
}

void print_layers(const json& facts) {
  for (const auto& [heading, part] :
       {std::pair{"Whole", ""}, {"Encoder", "encoder."}, {"Decoder", "decoder."}}) {
    const ModelSummary summary = summary_of(facts, part);
    if (!summary.layers.empty()) fmt::print("\n{}\n{}", heading, to_text(summary));
  }
}

void print_facts(const json& facts) {
  fmt::print("{}, {} bytes, {} parameters\n", plain(facts.at("file")),
             with_thousands(facts.at("bytes")), with_thousands(facts.at("parameter_count")));
  print_values("Model", facts.at("model"));
  print_rows("Methods", facts.at("methods"), {"name", "signature", "output_shape"});
  if (facts.at("layers").empty()) {
    print_rows("Modules", facts.at("modules"), {"name", "type"});
    print_rows("Parameters", facts.at("parameters"), {"name", "shape", "count"});
  } else {
    print_layers(facts);
  }
  print_values("Data", facts.at("data"));
  print_values("Results", facts.at("results"));
  print_values("Options", facts.at("options"));
}

void print_differences(const json& differences, const std::string& a, const std::string& b) {
  if (differences.empty()) return fmt::print("no difference in what the files tell\n");
  TextTable table({"", a, b});
  for (const auto& row : differences) {
    table.add({row.at("what"), plain(row.at("first")), plain(row.at("second"))});
  }
  fmt::print("{}", table.text(""));
}

int inspect(const std::string& path, const InspectOptions& options) {
  ExportedModel model = open_model(path, options.model);
  const json facts = model_facts(model);
  if (options.diff.empty()) {
    if (options.json)
      fmt::print("{}\n", facts.dump(2));
    else
      print_facts(facts);
    return kDone;
  }
  ExportedModel other = open_model(options.diff, options.model);
  const json differences = fact_differences(facts, model_facts(other));
  if (options.json)
    fmt::print("{}\n", differences.dump(2));
  else
    print_differences(differences, path, options.diff);
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  InspectOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "inspect",
      .summary = "Tells what a TorchScript file is.",
      .positional = "CKPT",
      .examples = {"inspect runs/mine/best.pt", "inspect third_party.pt --input-shape 1,28,28",
                   "inspect a.pt --diff b.pt"}};
  return run_tool(program, table, argc, argv, 1, 1, [&](const CommandLine& line) {
    return inspect(line.positional.front(), options);
  });
}
