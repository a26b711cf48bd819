#include "hourglass/cli/trainer_program.h"

#include "hourglass/cli/command_line.h"
#include "hourglass/cli/interrupt.h"
#include "hourglass/cli/program.h"
#include "hourglass/cli/run_pictures.h"
#include "hourglass/cli/run_report.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/figures/image_file.h"
#include "hourglass/figures/picture.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/models/summary.h"
#include "hourglass/runs/run.h"
#include "hourglass/sources/images.h"
#include "hourglass/training/progress.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

namespace hourglass::cli {
namespace {

namespace fs = std::filesystem;
using training::RunEnd;

ProgramInfo program_info(const recipes::Variant& variant) {
  const std::string name = variant.name + "_autoencoder";
  return {.name = name,
          .summary = fmt::format("Trains an autoencoder: {}.", variant.summary),
          .positional = "",
          .examples = {
              fmt::format("{}   # the recipe {}", name, variant.recipes.front().name),
              fmt::format("{} --dataset csv:mine.csv --epochs 50 --out runs/mine", name),
              fmt::format("{} --resume runs/mine", name),
          }};
}

// ---- What to run: recipe or earlier run, then the command line

struct Request {
  runs::RunOptions options;
  std::optional<runs::RunRecord> resumed;
  bool log_lines = false;
  bool help = false;
};

/// The program's arguments, of which a few decide which fields there are and what they start from.
struct Arguments {
  const recipes::Variant& variant;
  int argc;
  const char* const* argv;

  std::optional<std::string> peek(const std::string& name) const {
    return peek_option(name, argc, argv);
  }
};

/// Without flags that choose something else, the variant's own recipe is trained.
runs::RunOptions starting_options(const Arguments& arguments) {
  const bool own_data = arguments.peek("dataset") || arguments.peek("architecture");
  const std::string fallback = own_data ? "" : arguments.variant.recipes.front().name;
  return runs::options_of(arguments.variant.name, arguments.peek("recipe").value_or(fallback),
                          arguments.peek("network").value_or(""));
}

/// The options, with those of a file where the fields depend on the network it names.
runs::RunOptions recorded_options(const std::string& variant, const std::string& recipe,
                                  const formats::RecordedOptions& recorded,
                                  const std::string& where) {
  const auto network = recorded.find<std::string>("network").value_or("");
  runs::RunOptions options = runs::options_of(variant, recipe, network);
  FieldTable table;
  options.describe(table);
  formats::from_json(table, recorded.as_json(), where);
  return options;
}

runs::RunOptions options_before_flags(const Arguments& arguments, const Request& request) {
  const std::string& variant = arguments.variant.name;
  if (request.resumed) {
    return recorded_options(variant, request.resumed->recipe, request.resumed->options,
                            *arguments.peek("resume") + "/run.json");
  }
  if (const auto path = arguments.peek("architecture")) {
    const formats::RecordedOptions recorded = runs::read_architecture(*path, variant);
    const auto own = recorded.find<std::string>("network").value_or("");
    if (arguments.peek("network").value_or(own) != own) {
      throw UsageError("`network` {}: cannot change beside `architecture`, whose network is {}",
                       *arguments.peek("network"), own);
    }
    return recorded_options(variant, arguments.peek("recipe").value_or(""), recorded, *path);
  }
  return starting_options(arguments);
}

/// The field that `flag` ("--learning-rate") sets; null where there is none.
const Field* field_of(const FieldTable& table, const std::string& flag) {
  for (const auto& row : table.rows()) {
    if (option_name(row.name) == flag) return &row;
  }
  return nullptr;
}

/// Names the networks that have an option which the chosen one has not: "unknown option" alone
/// would leave people at a loss who know it from another network.
void check_network_flags(const Arguments& arguments, const FieldTable& table,
                         const std::string& chosen) {
  for (int i = 1; i < arguments.argc; ++i) {
    const std::string argument = arguments.argv[i];
    const std::string flag = argument.substr(0, argument.find('='));
    if (field_of(table, flag)) continue;
    std::vector<std::string> owners;
    for (const auto& kind : models::network_kinds()) {
      models::NetworkOptions network(kind.name);
      FieldTable fields;
      network.describe(fields);
      if (field_of(fields, flag)) owners.push_back(kind.name);
    }
    if (owners.empty()) continue;
    throw UsageError("{}: an option of `network` {}, found `network` {}", flag,
                     join_text(owners, " or "), chosen);
  }
}

/// A resumed run keeps its options; only how long it goes on and what it prints may change.
void check_resumed_flags(const CommandLine& line, const FieldTable& table) {
  for (const auto& name : line.given) {
    const bool changes_the_run =
        table.find(name)->recorded || name == "recipe" || name == "architecture" || name == "out";
    if (changes_the_run && name != "epochs" && name != "data_dir") {
      throw UsageError("`{}`: cannot change in a resumed run; its options are in run.json", name);
    }
  }
}

Request parse_request(const Arguments& arguments) {
  Request request;
  if (const auto folder = arguments.peek("resume")) {
    request.resumed = runs::read_resumable_record(*folder, arguments.variant.name);
  }
  request.options = options_before_flags(arguments, request);
  FieldTable table;
  request.options.describe(table);
  check_network_flags(arguments, table, request.options.model.network.name());
  const ProgramInfo program = program_info(arguments.variant);
  const CommandLine line = parse_command_line(program, table, arguments.argc, arguments.argv);
  if (line.help) fmt::print("{}", help_text(program, table));
  request.help = line.help;
  request.log_lines = line.has("log_every");
  if (request.resumed) check_resumed_flags(line, table);
  return request;
}

// ---- What people read

void show_plan(runs::Run& run) {
  const runs::RunOptions& options = run.options();
  const formats::DataCard& data = run.data().info;
  for (const auto& note : run.notes()) fmt::print("note      {}\n", with_dashes(note));
  if (options.quiet) return;
  fmt::print("{}", to_text(summarize(run.model())));
  fmt::print("data      {}: {} training, {} validation, {} test rows\n", data.name,
             with_thousands(data.training_rows), with_thousands(data.validation_rows),
             with_thousands(data.test_rows));
  fmt::print("training  {} epochs, batch {}, {}, on {} with {} thread{}\n", options.training.epochs,
             options.training.batch_size, enum_name(options.training.optimizer.kind),
             options.training.device, *options.threads.count,
             *options.threads.count == 1 ? "" : "s");
  fmt::print("run       {}\n", run.folder().string());
  std::fflush(stdout);
}

void add_progress(runs::Run& run, bool log_lines) {
  const runs::RunOptions& options = run.options();
  if (options.quiet) return;
  const bool bar = ::isatty(STDOUT_FILENO) != 0 && !log_lines;
  const auto progress = std::make_shared<training::Progress>(
      training::ProgressOptions{.bar = bar, .line_every = options.log_every},
      options.training.epochs, run.finished_epochs(), run.data().training->size());
  if (run.finished_epochs() == 0 && options.log_every > 1) {
    progress->show_untrained(run.trainer().evaluate_training_rows());
  }
  run.trainer().add_hook(progress);
}

void show_expectation(const runs::Run& run) {
  const auto& expected = run.record().results->expected;
  if (!expected) return;
  fmt::print("expected  {} at most {:g} after epoch {}; reached {:.6g}\n", expected->column,
             expected->at_most, expected->epoch, expected->value);
}

/// Draws the pictures, and says where everything is.
void show_results(runs::Run& run, const training::TrainingResult& result) {
  const training::BestEpoch& best = result.state->best;
  if (best.epoch == 0) return;
  const runs::RunOptions& options = run.options();
  const fs::path& folder = run.folder();
  const std::string& monitor = run.trainer().monitor();
  const bool usual = monitor == "train_loss" || monitor == "validation_loss";
  fmt::print("model     {}  (epoch {}, {} {:.6f})\n", (folder / "best.pt").string(), best.epoch,
             usual ? "loss" : monitor, best.monitored);
  show_expectation(run);
  fmt::print("metrics   {}\n", (folder / "metrics.csv").string());
  for (const auto& part : run.parts()) fmt::print("part      {}\n", part.string());
  if (result.end == RunEnd::Interrupted) return;
  if (!options.no_figures && figures::figures_available()) {
    for (const auto& picture : draw_run_pictures(folder, options, run.data())) {
      fmt::print("picture   {}\n", picture.string());
    }
  }
  if (!options.report) return;
  write_file_atomically(folder / "report.html", report_page(folder));
  fmt::print("report    {}\n", (folder / "report.html").string());
}

int train(Request request) {
  runs::Run run(std::move(request.options), std::move(request.resumed));
  show_plan(run);
  add_progress(run, request.log_lines);
  const InterruptGuard interrupt;
  const training::TrainingResult result = run.train(&InterruptGuard::requested);
  show_results(run, result);
  if (result.end == RunEnd::NotFinite) throw Error("{}", result.problem);
  if (result.end != RunEnd::Interrupted) return kDone;
  fmt::print(stderr, "interrupted after epoch {}; go on with: {}_autoencoder --resume {}\n",
             result.state->cursor.epoch, run.options().model.variant, run.folder().string());
  return kInterrupted;
}

}  // namespace

int train_from_command_line(const std::string& variant, int argc, const char* const* argv) {
  return run_program(variant + "_autoencoder", [&] {
    sources::set_image_decoder(figures::decode_image);
    Request request = parse_request({recipes::find_variant(variant), argc, argv});
    if (request.help) return kDone;
    if (request.options.list_recipes) {
      fmt::print("{}", recipes::recipe_table(variant));
      return kDone;
    }
    return train(std::move(request));
  });
}

}  // namespace hourglass::cli
