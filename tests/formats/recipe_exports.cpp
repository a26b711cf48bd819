// The files of every recipe's model in all formats, with what the model itself computes:
// recipe_exports FOLDER [RECIPE...]
//
// Writes into FOLDER/RECIPE, of a model with made-up weights and running averages:
//   best.pt best.pt2 best.onnx best-METHOD.onnx best.safetensors card.json best.c
//   items.npz   x [100, …] of the recipe's data, condition where the model takes one, z (codes), and
//               METHOD_NUMBER, what each method of the C++ module gives for them
// Recipes whose data are not here are named on the error stream. tests/python/exports_test.py reads
// it all.

#include "hourglass/core/error.h"
#include "hourglass/formats/exports.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/saelens.h"
#include "hourglass/recipes/variant.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/sources/missing_data.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/formats/made_up_weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>

namespace hourglass::runs {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kItems = 100;

/// What each method gives, under "encode_0"; the code is the argument of decode.
std::vector<NamedTensor> computed(const formats::Script& script, const Batch& batch) {
  const at::NoGradGuard no_grad;
  std::vector<NamedTensor> arrays = {{"x", batch.input}};
  std::vector<at::Tensor> items = {batch.input}, codes;
  if (batch.condition.defined()) {
    arrays.push_back({"condition", batch.condition});
    items.push_back(batch.condition);
  }
  for (const char* name :
       {"encode", "forward", "decode", "encode_distribution", "centre_distance"}) {
    const auto method = std::find_if(script.methods.begin(), script.methods.end(),
                                     [&](const auto& one) { return one.name == name; });
    if (method == script.methods.end()) continue;
    const auto results = method->run(std::string(name) == "decode" ? codes : items);
    if (std::string(name) == "encode") {
      arrays.push_back({"z", results[0]});
      codes = items;
      codes[0] = results[0];
    }
    for (size_t i = 0; i < results.size(); ++i)
      arrays.push_back({fmt::format("{}_{}", name, i), results[i]});
  }
  return arrays;
}

void write_recipe(const fs::path& folder, const std::string& variant, const std::string& recipe) {
  const RunOptions options = options_of(variant, recipe);
  const auto splits = sources::open_data(options.data, 1);
  const auto& rows = splits.test ? splits.test : splits.training;
  const Batch batch = rows->batch(rows->first_positions(std::min(kItems, rows->size())));
  at::manual_seed(1);
  const auto model =
      options.model.build({rows->item_shape(), rows->target_shape()}, rows->condition_width(),
                          std::ssize(splits.info.class_names));
  hourglass::testing::make_up_weights(*model, 0.02);
  FieldTable table;
  RunOptions recorded = options;
  recorded.describe(table);
  const formats::Script script =
      formats::script_of(*model, {.variant = variant,
                                  .network = options.model.network.name(),
                                  .recipe = recipe,
                                  .options = formats::RecordedOptions(formats::to_json(table)),
                                  .data = splits.info});
  fs::create_directories(folder);
  for (const auto& [format, name] : names_of(formats::ExportFormat{})) {
    const bool fits = format != formats::ExportFormat::SaeLens || is_saelens_model(script.card);
    if (fits) formats::write_export(script, format, folder, "best");
  }
  formats::write_npz(folder / "items.npz", computed(script, batch));
}

bool write_recipes(const fs::path& folder, const std::vector<std::string>& wanted) {
  bool all = true;
  for (const auto& variant : recipes::variants()) {
    for (const auto& recipe : variant.recipes) {
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), recipe.name) == wanted.end())
        continue;
      try {
        write_recipe(folder / recipe.name, variant.name, recipe.name);
      } catch (const std::exception& error) {
        const std::string text = error.what();
        const bool is_missing = dynamic_cast<const sources::MissingDataError*>(&error) != nullptr;
        fmt::print(stderr, "{}: {}{}\n", recipe.name, is_missing ? "no data: " : "",
                   text.substr(0, text.find('\n')));
        all = all && is_missing;
      }
    }
  }
  return all;
}

}  // namespace
}  // namespace hourglass::runs

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: recipe_exports FOLDER [RECIPE...]\n", stderr);
    return 2;
  }
  try {
    return hourglass::runs::write_recipes(argv[1], {argv + 2, argv + argc}) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "recipe_exports: %s\n", error.what());
    return 1;
  }
}
