// Shows what each unit of a code answers to: the items for which it is strongest, a row a unit. Where
// a model reads the activations of another one, the items are those that they were computed of.
//
//   strongest runs/digits-topk/best.pt
//   strongest sae.pt --units 0-9 --items mnist --out units.png

#include "hourglass/apps/tools/tool.h"
#include "hourglass/apps/tools/unit_pictures.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"
#include "hourglass/evaluation/codebook.h"
#include "hourglass/evaluation/strongest_items.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::apps {

using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

struct StrongestOptions {
  RowList units;
  int64_t most_units = 10, top = 10;
  std::string items;
  recipes::PictureLook look;
  ModelOptions model;
  RowOptions rows;
  OutputOptions output;

  void describe(FieldTable& table) {
    table.begin_group("Units");
    table.add("units", units, "of the code, counted from 0: 3,17 or 0-9; all: those of most energy")
        .shown_as("LIST");
    table.add("most_units", most_units, "units that are shown where --units names none")
        .shown_as("N")
        .at_least(1);
    table.add("top", top, "items shown of each unit").shown_as("K").at_least(1);
    table
        .add("items", items,
             "draw the rows of this data set, of the same numbers, in the place of the model's own "
             "inputs: what these are the activations of")
        .shown_as("DATASET");
    look.describe_values(table);
    model.describe(table);
    rows.describe(table);
    output.describe(table);
  }
};

/// Said before all rows are looked through, where the file tells the code's size.
void check_units(const std::vector<int64_t>& units, int64_t count) {
  for (const int64_t unit : units) {
    if (unit >= count) throw Error("--units: expected units below {}, found {}", count, unit);
  }
}

std::vector<int64_t> chosen_units(const StrongestOptions& options, const StrongestItems& found) {
  check_units(options.units.rows, found.rows.size(0));
  if (!options.units.rows.empty()) return options.units.rows;
  auto units = units_of_most_energy(found, options.most_units);
  if (units.empty()) throw Error("expected a unit that is not 0 for every row, found none");
  return units;
}

int strongest(const StrongestOptions& options, const CommandLine& line) {
  const auto path = picture_file(options.output, "strongest.png");
  ExportedModel model = open_model(line.positional.front(), options.model);
  refuse_index_codes(model, "strongest");
  const auto code = model.code_shape();
  if (code) check_units(options.units.rows, element_count(*code));
  const SelectedRows rows = select_rows(model, options.rows, line, RecordedNoise::Leave);
  const DrawnItems items = items_to_draw(options.items, options.rows, rows);
  const ItemStyle style = item_style(model, options.look);
  const StrongestItems found =
      find_strongest_items(model, *rows.rows, options.top,
                           progress_line("looking through", rows.rows->size(), options.output));
  const auto units = chosen_units(options, found);
  const std::string title = fmt::format("{}: strongest of {}", model_name(model), row_text(rows));
  // Of other items, row numbers are the places.
  const at::Tensor places = options.items.empty() ? found.positions : found.rows;
  draw_units(found, units, items, places, title, style).save(path);
  if (options.output.json) {
    fmt::print("{}\n",
               nlohmann::json{{"file", path.string()}, {"units", to_json(found, units)}}.dump(2));
  } else {
    print_path(path);
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  StrongestOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "strongest",
      .summary = "Shows the items that each unit of a code answers to most.",
      .positional = "CKPT",
      .examples = {"strongest runs/mine/best.pt", "strongest sae.pt --units 0-9 --items mnist"}};
  return run_tool(program, table, argc, argv, 1, 1,
                  [&](const CommandLine& line) { return strongest(options, line); });
}
