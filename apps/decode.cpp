// Turns codes into items: the inverse of `encode`.
//
//   decode best.pt codes.csv                       decoded.png, a picture
//   decode best.pt codes.npy --out items.npy       numbers
//   echo 0.3,-1.2 | decode best.pt - --out -       CSV in, CSV out
//   decode best.pt codes.csv --condition 7         all as items of that class

#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/apps/tools/number_files.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/generation.h"
#include "hourglass/evaluation/model_condition.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace hourglass::apps {

using namespace evaluation;
using namespace cli;

namespace {

namespace fs = std::filesystem;

struct DecodeOptions {
  std::string condition;
  recipes::PictureLook look;
  ModelOptions model;
  OutputOptions output;

  void describe(FieldTable& table);
};

void DecodeOptions::describe(FieldTable& table) {
  table.begin_group("Codes");
  table
      .add("condition", condition,
           "what a conditional model is told with all codes: a class by its name or number, or "
           "N,N,... in the data's units where it is told columns; empty: the column named label of "
           "a CSV file")
      .shown_as("WHAT");
  look.describe_values(table);
  model.describe(table);
  output.describe(table);
}

/// [N, K], or undefined where the model takes none.
at::Tensor conditions_for(const ExportedModel& model, const NumberRows& codes,
                          const std::string& named) {
  if (model.condition_width() > 0 && named.empty() && !codes.labels.empty()) {
    return conditions_named(model, codes.labels);
  }
  const at::Tensor condition = condition_named(model, named);
  return condition.defined() ? condition.expand({codes.values.size(0), -1}) : condition;
}

/// Codes in the order of `encode`, where a file's columns have its names, code0, code1 and so on.
at::Tensor in_order(const NumberRows& codes) {
  std::vector<int64_t> order;
  for (size_t i = 0; i < codes.columns.size(); ++i) {
    const auto& names = codes.columns;
    const auto place = std::find(names.begin(), names.end(), fmt::format("code{}", i));
    if (place == names.end()) return codes.values;
    order.push_back(place - names.begin());
  }
  return order.empty() ? codes.values : codes.values.index_select(1, at::tensor(order, at::kLong));
}

int decode(const std::string& model_path, const std::string& codes_path,
           const DecodeOptions& options) {
  const bool numbers = options.output.out == "-" || options.output.out.ends_with(".csv") ||
                       options.output.out.ends_with(".npy");
  const fs::path file =
      numbers ? output_file(options.output, "") : picture_file(options.output, "decoded.png");
  ExportedModel model = open_model(model_path, options.model);
  const ItemStyle style = item_style(model, options.look);
  const NumberRows codes = read_numbers(codes_path);
  const at::Tensor items = model.decode(shaped_codes(model, in_order(codes), codes_path),
                                        conditions_for(model, codes, options.condition));
  if (numbers) {
    const auto& names = style.column_names;
    write_numbers(file, items, names.empty() ? numbered_columns("value", items[0].numel()) : names,
                  {});
  } else {
    const at::Tensor first = items.narrow(0, 0, std::min(kMostDrawnItems, items.size(0)));
    draw_items({output_row("", first, value_range(model, items))}, {},
               fmt::format("{}: {} of {} codes decoded", codes_path, with_thousands(first.size(0)),
                           with_thousands(items.size(0))),
               0, style)
        .save(file);
  }
  if (file == "-") return kDone;
  if (options.output.json) {
    fmt::print("{}\n",
               nlohmann::json({{"file", file.string()}, {"shape", items.sizes().vec()}}).dump(2));
  } else {
    print_path(file);
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  DecodeOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "decode",
      .summary =
          "Turns codes (CSV, NPY, or - for standard input) into items: a picture, NPY or CSV.",
      .positional = "CKPT CODES",
      .examples = {"decode best.pt codes.csv", "decode best.pt codes.npy --out items.npy",
                   "decode best.pt codes.csv --condition 7",
                   "echo 0.3,-1.2 | decode best.pt - --out -"}};
  return run_tool(program, table, argc, argv, 2, 2, [&](const CommandLine& line) {
    return decode(line.positional[0], line.positional[1], options);
  });
}
