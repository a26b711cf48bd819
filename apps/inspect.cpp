// Tells what a model's file is, in any format that leaves us: its layers as in a Keras summary, where
// it comes from, what it reached; or how two files differ.
//
//   inspect runs/mine/best.pt
//   inspect third_party.pt --input-shape 1,28,28
//   inspect a.pt --diff b.pt --json

#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/evaluation/exported_facts.h"
#include "hourglass/evaluation/fact_text.h"
#include "hourglass/evaluation/model_facts.h"

#include <fmt/format.h>

namespace hourglass::apps {

using namespace evaluation;
using namespace cli;

namespace {

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

int inspect(const std::string& path, const InspectOptions& options) {
  const auto facts_of = [&](const std::string& file) {
    if (is_exported_file(file)) return exported_facts(file);
    ExportedModel model = open_model(file, options.model);
    return model_facts(model);
  };
  const nlohmann::json facts = facts_of(path);
  const bool compares = !options.diff.empty();
  const nlohmann::json told = compares ? fact_differences(facts, facts_of(options.diff)) : facts;
  if (options.json) {
    fmt::print("{}\n", told.dump(2));
  } else {
    fmt::print("{}", compares ? difference_text(told, path, options.diff) : model_text(told));
  }
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
      .summary = "Tells what a model's file is: TorchScript, safetensors, .pt2 or ONNX.",
      .positional = "CKPT",
      .examples = {"inspect runs/mine/best.pt", "inspect third_party.pt --input-shape 1,28,28",
                   "inspect a.pt --diff b.pt"}};
  return run_tool(program, table, argc, argv, 1, 1, [&](const CommandLine& line) {
    return inspect(line.positional.front(), options);
  });
}
