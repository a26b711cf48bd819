// Finds the entries of a data set that are most like a query, by the distance of their codes; tells
// how often they are of the query's class, beside the same search among raw values and PCA codes.

#include "hourglass/apps/tools/retrieval_files.h"
#include "hourglass/apps/tools/search_library.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/evaluation/codebook.h"

#include <fmt/format.h>

namespace hourglass::apps {

using namespace evaluation;
using namespace cli;

namespace {

struct RetrieveOptions {
  RowList query;
  std::vector<std::string> query_images;
  int64_t neighbours = 5;
  Distance distance = Distance::L2;
  int64_t evaluate = 0;
  std::string save_index, index;
  ModelOptions model;
  RowOptions rows;
  OutputOptions output;

  void describe(FieldTable& table) {
    table.begin_group("Search");
    table.add("query", query, "rows of the part, counted from 0, to find the like of: 3,17 or 0-9")
        .shown_as("LIST");
    table.add("query_images", query_images, "image files, or folders of them, instead")
        .shown_as("LIST");
    table.add("neighbours", neighbours, "entries to find for each query").shown_as("K").at_least(1);
    table.add("distance", distance, "between codes: l2 or cosine");
    table
        .add("evaluate", evaluate,
             "precision and mean average precision of N queries all over the part; 0: none")
        .at_least(0);
    table.add("save_index", save_index, "keep the codes of the entries, as NPZ").shown_as("FILE");
    table.add("index", index, "search in codes that were kept").shown_as("FILE");
    model.describe(table);
    rows.describe(table);
    output.describe(table);
  }
};

void check(const RetrieveOptions& options, const CommandLine& line) {
  const bool rows = line.has("query"), images = line.has("query_images");
  if (rows && images) throw UsageError("--query and --query-images: give one of them");
  if (!rows && !images && options.evaluate == 0 && options.save_index.empty()) {
    throw UsageError("expected --query, --query-images, --evaluate or --save-index");
  }
  if (!options.index.empty() && !options.save_index.empty()) {
    throw UsageError("--index and --save-index: give one of them");
  }
  if (line.has("indices")) throw UsageError("--indices: not used here, say --query");
}

SearchedItems queries_of(const ExportedModel& model, const SearchLibrary& library,
                         const RetrieveOptions& options) {
  if (options.query_images.empty()) return part_rows(library, options.query);
  return image_items(
      read_image_inputs(model, options.query_images, options.output, options.rows.condition));
}

SearchComparison evaluate(ExportedModel& model, const SearchLibrary& library,
                          const RetrieveOptions& options) {
  const SearchedItems queries =
      part_rows(library, datasets::evenly_spread(options.evaluate, library.part.rows->size()));
  StageLine stage(options.output);
  stage.show("searching in codes, raw values and PCA codes");
  const SelectedRows& entries = library.entries;
  return compare_searches(model, {.codes = library.index.entries,
                                  .entries = entries.rows,
                                  .queries = queries.rows,
                                  .training = entries.splits.training,
                                  .data = entries.splits.info,
                                  .options = search_options(library, queries, options.neighbours)});
}

int retrieve(const CommandLine& line, const RetrieveOptions& options) {
  check(options, line);
  const OutputOptions& output = options.output;
  ExportedModel model = open_model(line.positional.front(), options.model);
  refuse_index_codes(model, "retrieve");
  const bool has_queries = line.has("query") || line.has("query_images");
  const auto folder = has_queries ? output_folder(output, "retrieved", kRetrievalFiles) : "";
  further_file(options.save_index, "--save-index", output);
  SearchLibrary library = open_library(model, options.rows, options.index, line, output);
  if (options.index.empty() || line.has("distance")) library.index.distance = options.distance;
  const std::string entries = row_text(library.entries);
  const char* distance = enum_name(library.index.distance);
  nlohmann::json result = {{"entries", entries}, {"distance", distance}};
  std::vector<std::string> files;
  if (!output.json) fmt::print("entries   {}, {} distance\n\n", entries, distance);
  if (!options.save_index.empty()) {
    save_index(options.save_index, library.index);
    files.push_back(options.save_index);
  }
  if (has_queries) {
    const SearchedItems queries = queries_of(model, library, options);
    const Codes codes = encode_rows(model, *queries.rows, "queries", output);
    const auto found = find_nearest(library.index.entries, {queries.names, codes, queries.files},
                                    search_options(library, queries, options.neighbours),
                                    class_names(library.entries),
                                    files_of(*library.entries.rows, library.entries));
    const auto written =
        write_retrieval_files(found, *queries.rows, library, model, folder, output);
    files.insert(files.end(), written.begin(), written.end());
    result["queries"] = to_json(found);
    if (!output.json) fmt::print("{}", retrieval_text(found));
  }
  if (options.evaluate > 0) {
    const SearchComparison comparison = evaluate(model, library, options);
    result["evaluation"] = to_json(comparison);
    if (!output.json) fmt::print("\n{}", comparison_text(comparison));
  }
  result["files"] = files;
  if (output.json) {
    fmt::print("{}\n", result.dump(2));
  } else {
    print_written(files);
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  RetrieveOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "retrieve",
      .summary = "Finds the entries of a data set that are most like a query.",
      .positional = "CKPT",
      .examples = {"retrieve runs/mine/best.pt --query 3,17",
                   "retrieve runs/mine/best.pt --query-images boot.png --dataset images:shop",
                   "retrieve runs/mine/best.pt --evaluate 1000"}};
  return run_tool(program, table, argc, argv, 1, 1,
                  [&](const CommandLine& line) { return retrieve(line, options); });
}
