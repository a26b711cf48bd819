#include "hourglass/apps/tools/tool.h"

#include "hourglass/cli/fast_inference.h"
#include "hourglass/cli/help_text.h"
#include "hourglass/cli/program.h"
#include "hourglass/cli/run_model.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/printable.h"
#include "hourglass/core/regular_file.h"
#include "hourglass/core/shape.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/row_numbers.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/figures/image_file.h"
#include "hourglass/figures/picture.h"
#include "hourglass/formats/file_kind.h"
#include "hourglass/sources/images.h"
#include "hourglass/training/trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <system_error>
#include <unistd.h>

namespace hourglass::apps {

using namespace datasets;
using namespace training;
using namespace sources;
using namespace evaluation;
using namespace figures;
using namespace cli;

namespace {

namespace fs = std::filesystem;

// ---- Progress

/// How far work is, on a terminal's standard error; nothing elsewhere, and nothing for work that
/// is done within a second.
class WorkLine {
 public:
  WorkLine(std::string what, int64_t total, bool quiet)
      : what_(std::move(what)), total_(total), line_(stderr, !quiet) {}

  void show(int64_t done) {
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    if (seconds < 1 || done == 0) return;
    const auto left = static_cast<double>(total_ - done) / static_cast<double>(done);
    line_.show(fmt::format("{} {}/{}  {} left", what_, with_thousands(done), with_thousands(total_),
                           clock_time(seconds * left)));
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  int64_t total_;
  LiveLine line_;
  Clock::time_point started_ = Clock::now();
};

/// Said before the work, not when its result cannot be written.
void expect_folder_of(const fs::path& file) {
  const fs::path folder = file.parent_path();
  if (folder.empty() || fs::is_directory(folder)) return;
  throw Error("{}: expected a folder {}, found {}; make it, or choose another name", file.string(),
              folder.string(), fs::exists(folder) ? "a file" : "none");
}

constexpr std::string_view kOut = "--out";

fs::path standard_output(std::string_view option = kOut) {
  if (standard_output_is_open()) return "-";
  throw Error("expected a standard output to write to, found it closed; name a file by {}", option);
}

void refuse_to_overwrite(const fs::path& path, bool force, std::string_view option = kOut) {
  expect_replaceable(path);
  if (force || !fs::exists(path)) return;
  throw Error("{}: exists already; add --force, or choose another {}", path.string(), option);
}

/// Said before the work, for what comes after it.
fs::path writable(const fs::path& path, bool force, std::string_view option) {
  if (path == "-") return standard_output(option);
  refuse_to_overwrite(path, force, option);
  expect_folder_of(path);
  return path;
}

// ---- Folders of results

// By the one tool that a process runs; parents before what is in them.
std::vector<fs::path> made_folders;

/// When it goes, so do the made folders that nothing was written to.
class EmptyFoldersLeave {
 public:
  EmptyFoldersLeave() = default;
  ~EmptyFoldersLeave() {
    // It takes empty folders alone.
    for (size_t i = made_folders.size(); i-- > 0;) ::rmdir(made_folders[i].c_str());
  }
  EmptyFoldersLeave(const EmptyFoldersLeave&) = delete;
  EmptyFoldersLeave& operator=(const EmptyFoldersLeave&) = delete;
};

}  // namespace

// ---- Options

std::optional<RowList> RowList::parse(const std::string& text) {
  if (text == "all") return RowList{.rows = {}, .all = true};
  auto rows = parse_row_numbers(text);
  if (!rows) return {};
  return RowList{.rows = std::move(*rows)};
}

std::string RowList::text() const { return all ? "all" : row_numbers_text(rows); }

std::optional<ToolCondition> ToolCondition::parse(const std::string& text) {
  if (const auto rule = ConditionRule::parse(text)) return ToolCondition{.rule = *rule};
  if (text.empty() || text.starts_with("columns:")) return {};
  // Made in place: GCC 12 warns of an uninitialised value when one is moved in.
  std::optional<ToolCondition> named(std::in_place);
  named->class_name = text;
  return named;
}

void ModelOptions::describe(FieldTable& table) {
  table.begin_group("Model");
  table
      .add("input_shape", input_shape,
           "of one item, 1,28,28 say, for a TorchScript file that does not tell it; none: as the "
           "file, or the data, say")
      .at_least(1);
  table.add("device", device, "auto, cpu, cuda or cuda:N").shown_as("NAME");
  table.add("threads", threads, "for computing; auto: all cores").shown_as("N");
  describe_untrusted(table, untrusted);
}

void RowOptions::describe(FieldTable& table) {
  data.describe_without_condition(table);
  table
      .add(
          "condition", condition,
          "what the model is told beside each item: label (its class), columns:N,N,... of a table, "
          "or a class by name or number from 0, the same for all; none: as in training")
      .shown_as("WHAT");
  table
      .add(
          "split", split,
          "train, validation, test or all; auto: test, or where there is none all rows (`evaluate` "
          "and `detect_anomalies`: the validation rows)")
      .shown_as("PART");
  table
      .add("indices", indices,
           fmt::format(
               "rows of the part, counted from 0: 110-119,7 say, or all; when nothing is said, {}",
               first_rows > 0 ? fmt::format("the first {}", first_rows) : "all"))
      .shown_as("LIST");
}

void OutputOptions::describe(FieldTable& table) {
  table.begin_group("Output");
  table
      .add("out", out,
           "a file where one is written, a folder where several are; empty: a name in the working "
           "folder")
      .shown_as("PATH");
  table.add("force", force, "replace files that are there");
  table.add("json", json, "results as JSON");
  table.add("quiet", quiet, "no progress and no notes");
}

int run_tool(const ProgramInfo& program, const FieldTable& table, int argc, const char* const* argv,
             size_t least, size_t most, const std::function<int(const CommandLine&)>& work) {
  return run_program(program.name, [&] {
    set_image_library({decode_image, adapt_image});
    const CommandLine line = parse_command_line(program, table, argc, argv);
    if (answer_question(program, table, line)) return kDone;
    if (line.positional.size() < least || line.positional.size() > most) {
      throw UsageError("expected {}, found {} argument{}", program.positional,
                       line.positional.size(), line.positional.size() == 1 ? "" : "s");
    }
    const EmptyFoldersLeave at_the_end;
    return work(line);
  });
}

void refuse_options(std::initializer_list<const char*> names, const CommandLine& line,
                    std::string_view reason) {
  for (const char* name : names) {
    if (line.has(name)) throw UsageError("`{}`: {}", name, reason);
  }
}

// ---- Opening

namespace {

void expect_data(const std::string& path) {
  const formats::FileKind kind = formats::file_kind(path);
  if (kind == formats::FileKind::Safetensors) return;
  throw Error(
      "{}: `untrusted`: expected a model of safetensors with its card.json, which runs nothing, "
      "found {}",
      path, formats::kind_text(path, kind));
}

}  // namespace

ExportedModel open_model(const std::string& path, const ModelOptions& options) {
  if (options.threads.count) at::set_num_threads(static_cast<int>(*options.threads.count));
  if (options.untrusted) expect_data(path);
  ExportedModel model = load_model(path, resolve_device(options.device));
  if (options.input_shape.empty()) return model;
  const auto recorded = model.input_shape();
  if (recorded && *recorded != options.input_shape) {
    throw Error("{}: `input_shape`: expected {}, as the file says itself, found {}", path,
                shape_text(*recorded), shape_text(options.input_shape));
  }
  model.set_input_shape(options.input_shape);
  return model;
}

// ---- Output

fs::path output_file(const OutputOptions& options, const std::string& default_name) {
  return writable(options.out.empty() ? default_name : options.out, options.force, kOut);
}

fs::path further_file(const fs::path& path, std::string_view option, const OutputOptions& options) {
  return path.empty() ? path : writable(path, options.force, option);
}

fs::path picture_file(const OutputOptions& options, const std::string& default_name) {
  if (!options.out.empty() && !is_picture_name(options.out)) {
    throw UsageError("--out: a picture is written: expected a name such as items.png, found '{}'",
                     options.out);
  }
  return output_file(options, default_name);
}

fs::path text_file(const OutputOptions& options, std::string_view reason) {
  if (figures_available() && is_picture_name(options.out)) {
    throw UsageError("--out: {}: expected a name such as items.txt, or -, found '{}'", reason,
                     options.out);
  }
  return options.out.empty() ? standard_output() : output_file(options, "");
}

void make_output_folder(const fs::path& folder) {
  std::vector<fs::path> missing;
  std::error_code ignored;
  for (fs::path part = without_slash(folder); !part.empty() && !fs::exists(part, ignored);
       part = part.parent_path()) {
    missing.push_back(part);
  }
  // Before they are made, as the last of them may not be possible.
  made_folders.insert(made_folders.end(), missing.rbegin(), missing.rend());
  create_folders(folder);
}

fs::path output_folder(const OutputOptions& options, const std::string& default_name,
                       const std::vector<std::string>& files) {
  if (options.out == "-") throw UsageError("--out -: expected a folder: several files are written");
  fs::path folder = options.out.empty() ? default_name : options.out;
  for (const auto& file : files) refuse_to_overwrite(folder / file, options.force);
  make_output_folder(folder);
  return folder;
}

void write_output(const fs::path& path, std::string_view bytes) {
  if (path != "-") return write_file_atomically(path, bytes);
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) {
    throw Error("cannot write to standard output");
  }
}

void print_path(const fs::path& path) { fmt::print("{}\n", printable(path.string())); }

void print_written(const std::vector<std::string>& files) {
  for (const auto& file : files) fmt::print("written   {}\n", printable(file));
}

void note(const OutputOptions& options, const std::string& text) {
  if (!options.quiet) print_note(stderr, text);
}

StageLine::StageLine(const OutputOptions& options) : line_(stderr, !options.quiet) {}

BatchProgress progress_line(const std::string& what, int64_t total, const OutputOptions& options) {
  const auto line = std::make_shared<WorkLine>(what, total, options.quiet);
  return [line](int64_t done) { line->show(done); };
}

void for_each_batch(const Dataset& rows, const std::string& what, const OutputOptions& options,
                    const BatchWork& work) {
  datasets::for_each_batch(rows, work, progress_line(what, rows.size(), options));
}

Codes encode_rows(ExportedModel& model, const Dataset& rows, const std::string& what,
                  const OutputOptions& options) {
  return encode_all(model, rows, progress_line(what, rows.size(), options));
}

}  // namespace hourglass::apps
