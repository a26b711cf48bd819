// Shows items of a data set: images as a grid with their labels, rows of a table as text, and any
// item as the numbers it is made of.
//
//   show                                        the first 25 digits -> show.png
//   show --dataset fashion-mnist --random 36 --seed 7 --out clothes.png
//   show --indices 0 --numbers                  a digit as hexadecimal pixels
//   show --dataset iris --indices 0-4,50-54     rows of a table

#include "hourglass/apps/tools/item_pictures.h"
#include "hourglass/apps/tools/text_table.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/random.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

namespace hourglass::apps {

using namespace datasets;
using namespace sources;
using namespace figures;
using namespace cli;

namespace {

using nlohmann::json;

struct ShowOptions {
  RowOptions rows = {.data = {.dataset = "digits"}, .first_rows = 25};
  int64_t random = 0;
  uint64_t seed = 1;
  bool numbers = false;
  OutputOptions output;

  void describe(FieldTable& table);
};

void ShowOptions::describe(FieldTable& table) {
  table.begin_group("Items");
  table.add("random", random, "draw N rows of the part; 0: those of --indices").at_least(0);
  table.add("seed", seed, "decides which --random draws");
  table.add("numbers", numbers,
            "the stored numbers as text; hexadecimal where they are whole and at most 16");
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

SelectedRows rows_to_show(ShowOptions& options, const CommandLine& line) {
  if (options.random == 0) return select_rows(options.rows, line);
  RowOptions all = options.rows;
  all.indices = {.rows = {}, .all = true};
  options.rows.indices =
      random_rows(options.random, select_rows(all, line).rows->size(), options.seed);
  return select_rows(options.rows, line);
}

/// How the numbers of an item are written, all alike.
std::string cell_text(double value, const at::Tensor& item) {
  const bool whole = item.equal(item.round());
  if (whole && item.min().item<double>() >= 0 && item.max().item<double>() <= 16) {
    return fmt::format("{:2X}", static_cast<int64_t>(value));
  }
  return whole ? fmt::format("{:4}", static_cast<int64_t>(value)) : fmt::format("{:9.4g}", value);
}

/// Lines of an image or a sequence [C, H, W], [T, F]; one line of a table's row [D].
std::string numbers_text(const at::Tensor& item) {
  const at::Tensor rows = item.reshape({-1, item.size(-1)}).to(at::kDouble);
  std::string text;
  for (int64_t r = 0; r < rows.size(0); ++r) {
    for (int64_t c = 0; c < rows.size(1); ++c) {
      text += (c == 0 ? "" : " ") + cell_text(rows[r][c].item<double>(), rows);
    }
    text += "\n";
  }
  return text;
}

/// A line each: number, values, class.
std::string table_text(const Batch& batch, const SelectedRows& rows,
                       const std::vector<std::string>& labels) {
  std::vector<std::string> header = {"row"};
  for (int64_t d = 1; d <= batch.input.size(1); ++d) header.push_back(fmt::format("value {}", d));
  if (!labels.empty()) header.emplace_back("class");
  TextTable table(header);
  for (size_t i = 0; i < rows.numbers.size(); ++i) {
    std::vector<std::string> cells = {std::to_string(rows.numbers[i])};
    const at::Tensor item = batch.input[static_cast<int64_t>(i)];
    for (int64_t d = 0; d < item.size(0); ++d)
      cells.push_back(fmt::format("{:.6g}", item[d].item<float>()));
    if (!labels.empty()) cells.push_back(labels[i]);
    table.add(cells);
  }
  return table.text("");
}

std::string items_text(const Batch& batch, const SelectedRows& rows,
                       const std::vector<std::string>& labels) {
  std::string text;
  for (size_t i = 0; i < rows.numbers.size(); ++i) {
    text += fmt::format("row {}{}\n", rows.numbers[i], labels.empty() ? "" : ": " + labels[i]);
    text += numbers_text(batch.input[static_cast<int64_t>(i)]);
  }
  return text;
}

json rows_json(const Batch& batch, const SelectedRows& rows, const std::vector<std::string>& labels,
               bool with_values) {
  json items = json::array();
  for (size_t i = 0; i < rows.numbers.size(); ++i) {
    json item = {{"row", rows.numbers[i]}};
    if (!labels.empty()) item["label"] = labels[i];
    if (with_values) {
      const at::Tensor values = batch.input[static_cast<int64_t>(i)].flatten();
      const float* first = values.data_ptr<float>();
      item["values"] = std::vector<float>(first, first + values.numel());
    }
    items.push_back(item);
  }
  return {{"dataset", rows.splits.info.name}, {"part", rows.name}, {"items", items}};
}

int show_text(const Batch& batch, const SelectedRows& rows, const std::vector<std::string>& labels,
              const OutputOptions& options) {
  std::string text;
  if (options.json)
    text = rows_json(batch, rows, labels, /*with_values=*/true).dump(2) + "\n";
  else if (batch.input.dim() == 2)
    text = table_text(batch, rows, labels);
  else
    text = items_text(batch, rows, labels);
  write_output(options.out.empty() ? "-" : output_file(options, ""), text);
  return kDone;
}

int show_picture(const Batch& batch, const SelectedRows& rows,
                 const std::vector<std::string>& labels, const OutputOptions& options) {
  const auto path = picture_file(options, "show.png");
  const DataInfo& info = rows.splits.info;
  draw_items({{"", batch.input, ValueRange{info.lowest, info.highest}}}, labels, row_text(rows))
      .save(path);
  json result = rows_json(batch, rows, labels, /*with_values=*/false);
  result["file"] = path.string();
  if (options.json)
    fmt::print("{}\n", result.dump(2));
  else
    fmt::print("{}\n", path.string());
  return kDone;
}

int show(ShowOptions& options, const CommandLine& line) {
  if (options.random > 0 && line.has("indices")) {
    throw UsageError("--random and --indices: expected one of them, found both");
  }
  const std::string& set = options.rows.data.dataset;
  const bool numbers = options.numbers || set == "iris" || set.starts_with("csv:");
  if (numbers && !line.has("scale"))
    options.rows.data.scale = {ScalingRule::Kind::None};  // as stored
  const SelectedRows rows = rows_to_show(options, line);
  const Batch batch = rows.rows->batch(rows.rows->all_positions());
  const auto labels = label_names(batch.labels, class_names(rows));
  const bool as_text = numbers || batch.input.dim() == 2;
  return (as_text ? show_text : show_picture)(batch, rows, labels, options.output);
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
