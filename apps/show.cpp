// Shows items of a data set: images as a grid with their labels, rows of a table as text, and any
// item as the numbers it is made of.
//
//   show                                        the first 25 digits -> show.png
//   show --dataset fashion-mnist --random 36 --seed 7 --out clothes.png
//   show --indices 0 --numbers                  a digit as hexadecimal pixels
//   show --dataset iris --indices 0-4,50-54     rows of a table

#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/item_kind.h"
#include "hourglass/core/random.h"
#include "hourglass/evaluation/item_text.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <utility>

namespace hourglass::apps {

using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

struct ShowOptions {
  RowOptions rows = {.data = {.dataset = "digits"}, .first_rows = 25};
  int64_t random = 0;
  uint64_t seed = 1;
  bool numbers = false;
  recipes::PictureLook look;
  OutputOptions output;

  void describe(FieldTable& table);
};

void ShowOptions::describe(FieldTable& table) {
  table.begin_group("Items");
  table.add("random", random, "draw N rows of the part; 0: those of --indices").at_least(0);
  table.add("seed", seed, "decides which --random draws");
  table.add("numbers", numbers,
            "the stored numbers as text; hexadecimal where they are whole and at most 16");
  look.describe_values(table);
  rows.describe(table);
  output.describe(table);
}

/// `count` different rows of 0 … size - 1.
RowList random_rows(int64_t count, int64_t size, uint64_t seed) {
  if (count > size)
    throw Error("--random: expected at most the {} rows there are, found {}", size, count);
  const at::Generator generator = at::detail::createCPUGenerator(derive_seed(seed, "show"));
  const at::Tensor order = at::randperm(size, generator, at::kLong);
  return {.rows = {order.data_ptr<int64_t>(), order.data_ptr<int64_t>() + count}};
}

SelectedRows rows_to_show(const ShowOptions& options, const CommandLine& line) {
  if (options.random == 0) return select_rows(options.rows, line);
  RowOptions chosen = options.rows;
  chosen.indices = {.rows = {}, .all = true};
  SelectedRows all = select_rows(chosen, line);
  chosen.indices = random_rows(options.random, all.rows->size(), options.seed);
  const Split part = all.part;
  return select_part(std::move(all), part, chosen);
}

nlohmann::json rows_json(const Batch& batch, const SelectedRows& rows,
                         const std::vector<std::string>& labels, bool with_values) {
  return {{"dataset", rows.splits.info.name},
          {"part", rows.name},
          {"items", items_json(batch.input, item_names(rows), labels, with_values)}};
}

int show_text(const Batch& batch, const SelectedRows& rows, const std::vector<std::string>& labels,
              const OutputOptions& options) {
  const std::string text =
      options.json
          ? rows_json(batch, rows, labels, /*with_values=*/true).dump(2) + "\n"
          : items_text(batch.input, item_names(rows), labels, rows.splits.info.column_names);
  write_output(text_file(options, "rows of numbers are text (see --item-shape)"), text);
  return kDone;
}

int show_picture(const Batch& batch, const SelectedRows& rows,
                 const std::vector<std::string>& labels, const ShowOptions& options) {
  check_value_map(options.look);
  const auto path = picture_file(options.output, "show.png");
  const auto& info = rows.splits.info;
  draw_items({{"", batch.input, ValueRange{info.lowest, info.highest}}}, labels, row_text(rows), 0,
             {options.look.value_map(), info.column_names})
      .save(path);
  if (options.output.json) {
    nlohmann::json result = rows_json(batch, rows, labels, /*with_values=*/false);
    result["file"] = path.string();
    fmt::print("{}\n", result.dump(2));
  } else {
    print_path(path);
  }
  return kDone;
}

int show(const ShowOptions& options, const CommandLine& line) {
  if (options.random > 0 && line.has("indices")) {
    throw UsageError("--random and --indices: expected one of them, found both");
  }
  if (options.random == 0) {
    refuse_options({"seed"}, line, "expected `random` with it, whose rows it decides");
  }
  if (options.numbers)
    text_file(options.output, "--numbers are text");  // said before the data are read
  const SelectedRows rows = rows_to_show(options, line);
  const Batch batch = rows.rows->batch(rows.rows->all_positions());
  const auto labels = label_names(batch.labels, class_names(rows));
  const bool as_text = options.numbers || item_kind(rows.rows->item_shape()) == ItemKind::Vector;
  return as_text ? show_text(batch, rows, labels, options.output)
                 : show_picture(batch, rows, labels, options);
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  ShowOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "show",
      .summary = "Shows items of a data set.",
      .positional = "",
      .examples = {"show --dataset fashion-mnist --random 36 --seed 7",
                   "show --indices 0 --numbers", "show --dataset iris --indices 0-4,50-54"}};
  return run_tool(program, table, argc, argv, 0, 0,
                  [&](const CommandLine& line) { return show(options, line); });
}
