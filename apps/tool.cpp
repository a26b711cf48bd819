#include "apps/tool.h"

#include "apps/program.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "datasets/images.h"
#include "figures/image_file.h"
#include "training/trainer.h"

#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <unistd.h>

namespace hourglass {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRowsAtOnce = 1024;

int64_t element_count_of(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

std::string shape_text_of(const Shape& shape) {
  std::vector<std::string> sizes;
  for (const int64_t size : shape) sizes.push_back(std::to_string(size));
  return join_text(sizes, " x ");
}

// ---- The data as the checkpoint was trained on them
// ------------------------------------------------------------------

/// What the checkpoint records of its data; the folder they lay in only where it exists here.
DataOptions recorded_data(const Checkpoint& checkpoint) {
  DataOptions data;
  OptionTable table;
  describe(table, data);
  const auto recorded = checkpoint.metadata().value("options", nlohmann::json::object());
  nlohmann::json known = nlohmann::json::object();
  for (const auto& row : table.rows()) {
    if (recorded.contains(row.key())) known[row.key()] = recorded.at(row.key());
  }
  if (!fs::exists(recorded.value("data_dir", ""))) known.erase("data_dir");
  table.from_json(known, checkpoint.path().string());
  return data;
}

/// `base`, with what the command line says of the data.
DataOptions overridden(DataOptions base, DataOptions given, const CommandLine& line) {
  OptionTable to, from;
  describe(to, base);
  describe(from, given);
  for (const auto& row : to.rows()) {
    if (line.has(row.name)) row.set(from.find(row.name)->value_text());
  }
  return base;
}

DataOptions data_to_read(const Checkpoint& checkpoint, const RowOptions& options,
                         const CommandLine& line, RecordedNoise noise) {
  if (line.has("dataset")) return options.data;
  DataOptions data = recorded_data(checkpoint);
  if (data.dataset.empty() || !checkpoint.metadata().contains("options")) {
    throw UsageError("{}: does not say what it was trained on: add --dataset",
                     checkpoint.path().string());
  }
  if (noise == RecordedNoise::Leave) data.corruption = {};
  return overridden(data, options.data, line);
}

/// The scaling of the training data, or of its targets; none where the file does not say.
std::optional<Scaling> recorded_scaling(const Checkpoint& checkpoint, const std::string& of) {
  const auto data = checkpoint.metadata().value("data", nlohmann::json::object());
  const auto& owner = of == "targets" ? data.value("targets", nlohmann::json::object()) : data;
  if (!owner.contains("scaling")) return {};
  return owner.at("scaling").get<Scaling>();
}

/// Items get the checkpoint's shape where they have as many values.
DataSplits open_for(const Checkpoint& checkpoint, DataOptions data, uint64_t seed,
                    bool as_in_training) {
  const auto open = [&] {
    if (!as_in_training) return open_data(data, seed);
    return open_data(data, seed, recorded_scaling(checkpoint, "inputs"),
                     recorded_scaling(checkpoint, "targets"));
  };
  DataSplits splits = open();
  const auto expected = checkpoint.input_shape();
  const Shape found = splits.training->item_shape();
  if (!expected || found == *expected) return splits;
  if (element_count_of(found) != element_count_of(*expected)) {
    throw Error("{}: expected items of {}, as {} takes them, found {}", splits.info.name,
                shape_text_of(*expected), checkpoint.path().string(), shape_text_of(found));
  }
  data.item_shape = *expected;
  return open();
}

// ---- Choosing rows
// ---------------------------------------------------------------------------------------------------

bool has_rows(const DatasetPtr& part) { return part != nullptr && part->size() > 0; }

/// The part that `split` names. `auto` is settled by the caller.
DatasetPtr part_of(const DataSplits& splits, Split split) {
  switch (split) {
    case Split::Validation:
      if (!has_rows(splits.validation)) {
        throw UsageError("--split validation: {} was not split: add --validation split:0.1, say",
                         splits.info.name);
      }
      return splits.validation;
    case Split::Test:
      if (!has_rows(splits.test)) {
        throw UsageError("--split test: {} has no official test part; use train, validation or all",
                         splits.info.name);
      }
      return splits.test;
    case Split::All:
      if (has_rows(splits.test)) {
        throw UsageError("--split all: {} has an official test part; use train or test",
                         splits.info.name);
      }
      return splits.training;  // opened without a split
    default: return splits.training;
  }
}

DatasetPtr chosen_rows(const DatasetPtr& part, const std::string& name, const RowList& list) {
  if (list.rows.empty()) return part;
  for (const int64_t row : list.rows) {
    if (row >= part->size()) {
      throw Error("--indices: expected rows of 0 to {}, as the {} part has, found {}",
                  part->size() - 1, name, row);
    }
  }
  return std::make_shared<Subset>(part, at::tensor(list.rows, at::kLong));
}

using Open = std::function<DataSplits(const DataOptions&)>;

SelectedRows select_from(const DataOptions& data, const RowOptions& options, const Open& open) {
  SelectedRows selected;
  selected.splits = open(data);
  Split split = options.split;
  if (split == Split::Auto) split = has_rows(selected.splits.test) ? Split::Test : Split::All;
  selected.name = enum_name(split);
  DatasetPtr part;
  if (split == Split::All && !has_rows(selected.splits.test)) {
    DataOptions whole = data;
    whole.validation = {Validation::Kind::None};
    part = open(whole).training;
  } else {
    part = part_of(selected.splits, split);
  }
  selected.rows = chosen_rows(part, selected.name, options.indices);
  return selected;
}

// ---- Progress
// --------------------------------------------------------------------------------------------------------

/// One line on a terminal's standard error, redrawn in place; nothing elsewhere, and nothing for
/// work that is done within a second.
class WorkLine {
 public:
  WorkLine(std::string what, int64_t total, bool quiet)
      : what_(std::move(what)), total_(total), shown_(!quiet && ::isatty(STDERR_FILENO) != 0) {}
  WorkLine(const WorkLine&) = delete;
  WorkLine& operator=(const WorkLine&) = delete;
  ~WorkLine() {
    if (drawn_) fmt::print(stderr, "\r\033[K");
  }

  void show(int64_t done) {
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    if (!shown_ || seconds < 1 || done == 0) return;
    drawn_ = true;
    const auto left = static_cast<double>(total_ - done) / static_cast<double>(done);
    fmt::print(stderr, "\r\033[K{} {}/{}  {} left", what_, with_thousands(done),
               with_thousands(total_), clock_time(seconds * left));
    std::fflush(stderr);
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  int64_t total_;
  bool shown_, drawn_ = false;
  Clock::time_point started_ = Clock::now();
};

void refuse_to_overwrite(const fs::path& path, bool force) {
  if (force || !fs::exists(path)) return;
  throw Error("{}: exists already; add --force, or choose another --out", path.string());
}

}  // namespace

// ---- Options
// ---------------------------------------------------------------------------------------------------------

std::optional<RowList> TextCodec<RowList>::parse(const std::string& text) {
  RowList list;
  if (text == "all") return list;
  for (const auto& part : split_text(text, ',')) {
    const auto ends = split_text(part, '-');
    if (ends.empty() || ends.size() > 2) return {};
    const auto first = parse_integer(ends.front()), last = parse_integer(ends.back());
    if (!first || !last || *first < 0 || *last < *first) return {};
    for (int64_t row = *first; row <= *last; ++row) list.rows.push_back(row);
  }
  if (list.rows.empty()) return {};
  return list;
}

std::string TextCodec<RowList>::format(const RowList& list) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < list.rows.size();) {
    size_t end = i + 1;
    while (end < list.rows.size() && list.rows[end] == list.rows[end - 1] + 1) ++end;
    parts.push_back(end - i == 1 ? std::to_string(list.rows[i])
                                 : fmt::format("{}-{}", list.rows[i], list.rows[end - 1]));
    i = end;
  }
  return parts.empty() ? "all" : join_text(parts, ",");
}

void describe(OptionTable& table, ModelOptions& options) {
  table.begin_group("Model");
  table
      .add("input-shape", options.input_shape, "N,N,...",
           "of one item, 1,28,28 say, for a TorchScript file that does not tell it; none: as the "
           "file, or the data, say")
      .at_least(1);
  table.add("device", options.device, "NAME", "auto, cpu, cuda or cuda:N");
  table.add("threads", options.threads, "N", "for computing; auto: all cores");
}

void describe(OptionTable& table, RowOptions& options) {
  describe(table, options.data);
  table.add("split", options.split, "PART",
            "train, validation, test or all; auto: test, or all rows where there is none");
  table.add("indices", options.indices, "LIST", "rows of the part: 110-119,7 say, or all");
}

void describe(OptionTable& table, OutputOptions& options) {
  table.begin_group("Output");
  table.add("out", options.out, "PATH",
            "a file where one is written, a folder where several are; empty: a name in the working "
            "folder");
  table.add_switch("force", options.force, "replace files that are there");
  table.add_switch("json", options.json, "results as JSON");
  table.add_switch("quiet", options.quiet, "no progress and no notes");
}

int run_tool(const ProgramInfo& program, const OptionTable& table, int argc,
             const char* const* argv, size_t least, size_t most,
             const std::function<int(const CommandLine&)>& work) {
  return run_program(program.name, [&] {
    set_image_decoder(decode_image);
    const CommandLine line = parse_command_line(program, table, argc, argv);
    if (line.help) {
      fmt::print("{}", help_text(program, table));
      return kDone;
    }
    if (line.positional.size() < least || line.positional.size() > most) {
      throw UsageError("expected {}, found {} argument{}", program.positional,
                       line.positional.size(), line.positional.size() == 1 ? "" : "s");
    }
    return work(line);
  });
}

// ---- Opening
// ---------------------------------------------------------------------------------------------------------

Checkpoint open_checkpoint(const std::string& path, const ModelOptions& options) {
  if (options.threads.count) at::set_num_threads(static_cast<int>(*options.threads.count));
  return Checkpoint::load(path, resolve_device(options.device));
}

SelectedRows select_rows(const Checkpoint& checkpoint, const RowOptions& options,
                         const CommandLine& line, RecordedNoise noise) {
  const auto recorded = checkpoint.metadata().value("options", nlohmann::json::object());
  const auto seed = recorded.value("seed", uint64_t{1});
  return select_from(data_to_read(checkpoint, options, line, noise), options,
                     [&](const DataOptions& data) {
                       return open_for(checkpoint, data, seed, !line.has("scale"));
                     });
}

SelectedRows select_rows(const RowOptions& options) {
  return select_from(options.data, options,
                     [](const DataOptions& data) { return open_data(data, /*seed=*/1); });
}

// ---- Output
// ----------------------------------------------------------------------------------------------------------

fs::path output_file(const OutputOptions& options, const std::string& default_name) {
  if (options.out == "-") return "-";
  const fs::path path = options.out.empty() ? default_name : options.out;
  refuse_to_overwrite(path, options.force);
  return path;
}

fs::path output_folder(const OutputOptions& options, const std::string& default_name,
                       const std::vector<std::string>& files) {
  if (options.out == "-") throw UsageError("--out -: expected a folder: several files are written");
  const fs::path folder = options.out.empty() ? default_name : options.out;
  for (const auto& file : files) refuse_to_overwrite(folder / file, options.force);
  create_folders(folder);
  return folder;
}

void write_output(const fs::path& path, std::string_view bytes) {
  if (path != "-") return write_file_atomically(path, bytes);
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) {
    throw Error("cannot write to standard output");
  }
}

void note(const OutputOptions& options, const std::string& text) {
  if (!options.quiet) fmt::print(stderr, "note      {}\n", text);
}

void for_each_batch(const Dataset& rows, const std::string& what, const OutputOptions& options,
                    const std::function<void(const Batch& batch, int64_t first)>& work) {
  WorkLine line(what, rows.size(), options.quiet);
  for (int64_t first = 0; first < rows.size(); first += kRowsAtOnce) {
    const int64_t end = std::min(first + kRowsAtOnce, rows.size());
    work(rows.batch(at::arange(first, end, at::kLong)), first);
    line.show(end);
  }
}

std::vector<std::string> class_names(const SelectedRows& rows) {
  return rows.splits.info.class_names;
}

}  // namespace hourglass
