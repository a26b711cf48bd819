#include "hourglass/apps/tools/search_library.h"

#include "hourglass/core/error.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/model_digest.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <memory>

namespace hourglass::apps {

using namespace evaluation;

namespace {

CodeIndex make_index(const SearchLibrary& library, ExportedModel& model,
                     const OutputOptions& output) {
  const Codes codes = encode_rows(model, *library.entries.rows, "entries", output);
  const formats::DataCard& data = library.entries.splits.info;
  return {.entries = {codes.values, codes.labels},
          .checkpoint_sha256 = model_sha256(model),
          .data_name = data.name,
          .data_sha256 = data.sha256,
          .part = library.entries.name};
}

/// Whether some of the entries have the codes that an index holds: its rows may be others of the same
/// data set, or scaled otherwise. Machines differ in the last digits.
bool has_codes_of(const CodeIndex& index, ExportedModel& model, const datasets::Dataset& entries) {
  constexpr int64_t kLookedAt = 8;
  const at::Tensor positions =
      datasets::evenly_spread(std::min(kLookedAt, entries.size()), entries.size());
  const Batch batch = entries.batch(positions);
  const auto numbers = [](const at::Tensor& codes) { return codes.flatten(1).to(at::kDouble); };
  return at::allclose(numbers(index.entries.codes.index_select(0, positions)),
                      numbers(model.encode(batch.input, batch.condition)), 1e-2, 1e-3);
}

/// An index from a file, for the model and the entries of the library.
CodeIndex read_index(const SearchLibrary& library, ExportedModel& model, const std::string& path) {
  CodeIndex index = load_index(path);
  expect_same_model(model, index.checkpoint_sha256, path);
  const int64_t found = index.entries.codes.size(0);
  const bool same_rows = index.data_sha256 == library.entries.splits.info.sha256 &&
                         index.part == library.entries.name &&
                         found == library.entries.rows->size();
  if (same_rows && has_codes_of(index, model, *library.entries.rows)) return index;
  if (same_rows) {
    throw Error(
        "{}: expected codes of {}, found those of other rows; give the same rows, split and "
        "scaling as "
        "for --save-index",
        path, row_text(library.entries));
  }
  throw Error(
      "{}: expected codes of {}, found {} of the {} part of {}; give the same --dataset and "
      "--split as for --save-index",
      path, row_text(library.entries), found, index.part, index.data_name);
}

}  // namespace

SearchLibrary open_library(ExportedModel& model, const RowOptions& options,
                           const std::string& index_file, const cli::CommandLine& line,
                           const OutputOptions& output) {
  SearchLibrary library;
  library.part = select_rows(model, options, line, RecordedNoise::Leave);
  library.within = library.part.part == Split::Train || library.part.part == Split::All;
  library.entries = library.within ? library.part : select_part(library.part, Split::Train, {});
  library.index = index_file.empty() ? make_index(library, model, output)
                                     : read_index(library, model, index_file);
  return library;
}

SearchedItems part_rows(const SearchLibrary& library, const at::Tensor& positions) {
  SearchedItems items = {.names = {},
                         .files = {},
                         .rows = std::make_shared<datasets::Subset>(library.part.rows, positions),
                         .own_rows = library.within ? positions : at::Tensor()};
  for (int64_t i = 0; i < positions.size(0); ++i) {
    items.names.push_back(std::to_string(positions[i].item<int64_t>()));
  }
  items.files = files_of(*items.rows, library.part);
  return items;
}

SearchedItems part_rows(const SearchLibrary& library, const RowList& numbers) {
  const datasets::Dataset& part = *library.part.rows;
  for (const int64_t row : numbers.rows) {
    if (row < part.size()) continue;
    throw Error("--query: expected rows of 0 to {}, as the {} part has, found {}", part.size() - 1,
                library.part.name, row);
  }
  return part_rows(library,
                   numbers.all ? part.all_positions() : at::tensor(numbers.rows, at::kLong));
}

SearchedItems image_items(const ImageInputs& images) {
  SearchedItems items = {.names = {}, .files = {}, .rows = images.rows, .own_rows = {}};
  for (const auto& path : images.files.paths) items.names.push_back(path.string());
  return items;
}

NeighbourOptions search_options(const SearchLibrary& library, const SearchedItems& items,
                                int64_t count) {
  return {.count = count, .distance = library.index.distance, .own_rows = items.own_rows};
}

}  // namespace hourglass::apps
