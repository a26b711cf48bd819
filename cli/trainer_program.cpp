#include "hourglass/cli/trainer_program.h"

#include "hourglass/cli/command_line.h"
#include "hourglass/cli/program.h"
#include "hourglass/cli/run_pictures.h"
#include "hourglass/cli/run_report.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/random.h"
#include "hourglass/figures/image_file.h"
#include "hourglass/figures/picture.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/models/summary.h"
#include "hourglass/runs/checkpointer.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/run_record.h"
#include "hourglass/runs/state_file.h"
#include "hourglass/sources/images.h"
#include "hourglass/training/progress.h"
#include "hourglass/training/stopping.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <numeric>
#include <unistd.h>

namespace hourglass::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

ProgramInfo program_info(const recipes::Variant& variant) {
  const std::string name = variant.name + "_autoencoder";
  return {.name = name,
          .summary = fmt::format("Trains an autoencoder: {}.", variant.summary),
          .positional = "",
          .examples = {
              fmt::format("{}   # the recipe {}", name, variant.default_recipe),
              fmt::format("{} --dataset csv:mine.csv --epochs 50 --out runs/mine", name),
              fmt::format("{} --resume runs/mine", name),
          }};
}

// ---- What to run: recipe or earlier run, then the command line

/// A run's options, and the record of the run it resumes, if any.
struct Request {
  runs::RunOptions options;
  json resumed;  // run.json, or null
  bool log_lines = false;
  bool help = false;
};

/// Without flags that choose something else, the variant's own recipe is trained.
runs::RunOptions starting_options(const recipes::Variant& variant, int argc,
                                  const char* const* argv) {
  if (const auto recipe = peek_option("recipe", argc, argv))
    return runs::options_of(variant.name, *recipe);
  const bool own_data =
      peek_option("dataset", argc, argv) || peek_option("architecture", argc, argv);
  return runs::options_of(variant.name, own_data ? "" : variant.default_recipe);
}

json read_architecture(const std::string& path, const std::string& variant) {
  const json architecture = json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
  if (!architecture.is_object() || !architecture.contains("options")) {
    throw Error("{}: expected an architecture of --save-parts, found something else", path);
  }
  if (architecture.value("variant", "") != variant) {
    throw Error("{}: expected a {} autoencoder, found '{}'", path, variant,
                architecture.value("variant", ""));
  }
  return architecture.at("options");
}

/// A resumed run keeps its options; only how long it goes on and what it says may change.
void check_resumed_flags(const CommandLine& line, const FieldTable& table) {
  for (const auto& name : line.given) {
    const bool changes_the_run =
        table.find(name)->recorded || name == "recipe" || name == "architecture" || name == "out";
    if (changes_the_run && name != "epochs" && name != "data_dir") {
      throw UsageError("`{}`: cannot change in a resumed run; its options are in run.json", name);
    }
  }
}

Request parse_request(const recipes::Variant& variant, int argc, const char* const* argv) {
  Request request;
  runs::RunOptions& options = request.options;
  const auto resumed = peek_option("resume", argc, argv);
  if (resumed) {
    request.resumed = runs::read_run_record(*resumed);
    if (request.resumed.at("variant") != variant.name) {
      throw Error("{}: a run of {}_autoencoder: resume it with that program", *resumed,
                  request.resumed.at("variant").get<std::string>());
    }
    options = runs::options_of(variant.name, request.resumed.at("recipe"));
  } else {
    options = starting_options(variant, argc, argv);
  }
  FieldTable table;
  options.describe(table);
  if (resumed) formats::from_json(table, request.resumed.at("options"), *resumed + "/run.json");
  if (const auto path = peek_option("architecture", argc, argv)) {
    formats::from_json(table, read_architecture(*path, variant.name), *path);
  }
  const ProgramInfo program = program_info(variant);
  const CommandLine line = parse_command_line(program, table, argc, argv);
  if (line.help) fmt::print("{}", help_text(program, table));
  request.help = line.help;
  request.log_lines = line.has("log_every");
  if (resumed) check_resumed_flags(line, table);
  return request;
}

// ---- Getting ready

fs::path run_folder(const runs::RunOptions& options) {
  if (!options.resume.empty()) return options.resume;
  if (!options.out.empty()) {
    if (fs::exists(fs::path(options.out) / "run.json")) {
      throw Error("{}: holds a run already; go on with it by --resume {}, or choose another --out",
                  options.out, options.out);
    }
    return options.out;
  }
  std::string what = options.recipe.empty() ? options.data.dataset : options.recipe;
  what = what.substr(0, what.find(':'));
  const std::string name = fmt::format("runs/{}-{}-{}", options.variant, what, utc_timestamp());
  fs::path folder = name;
  for (int copy = 2; fs::exists(folder); ++copy) folder = fmt::format("{}-{}", name, copy);
  return folder;
}

models::AutoencoderPtr build_model(const runs::RunOptions& options,
                                   const sources::DataSplits& data) {
  at::manual_seed(derive_seed(options.training.seed, "weights"));
  const models::ItemShapes shapes = {data.training->item_shape(), data.training->target_shape()};
  models::AutoencoderPtr model =
      recipes::find_variant(options.variant).build(options.model, shapes);
  if (model->likelihood().loss == models::Loss::Bce &&
      (data.info.lowest < 0 || data.info.highest > 1)) {
    throw Error(
        "{}: --loss bce expects values in [0, 1], found {:g} to {:g}: add --scale minmax, or "
        "--loss mse "
        "--output-activation linear",
        data.info.name, data.info.lowest, data.info.highest);
  }
  if (!options.init_from.empty()) formats::load_weights(*model, options.init_from);
  return model;
}

int64_t parameter_count(const models::Autoencoder& model) {
  int64_t count = 0;
  for (const auto& parameter : model.parameters()) count += parameter.numel();
  return count;
}

void show_plan(const runs::RunOptions& options, const sources::DataInfo& data,
               models::Autoencoder& model, const fs::path& folder) {
  for (const auto& note : data.notes) fmt::print("note      {}\n", note);
  if (options.quiet) return;
  fmt::print("{}", models::to_text(models::summarize(model)));
  fmt::print("data      {}: {} training, {} validation, {} test rows\n", data.name,
             with_thousands(data.training_rows), with_thousands(data.validation_rows),
             with_thousands(data.test_rows));
  fmt::print("training  {} epochs, batch {}, {}, on {} with {} thread{}\n", options.training.epochs,
             options.training.batch_size, enum_name(options.training.optimizer.kind),
             options.training.device, *options.threads.count,
             *options.threads.count == 1 ? "" : "s");
  fmt::print("run       {}\n", folder.string());
  std::fflush(stdout);
}

// ---- The run

/// What the trainer's hooks need to outlive it, and how a run is put together from options.
class Run {
 public:
  explicit Run(Request request)
      : options_(std::move(request.options)), record_(std::move(request.resumed)) {
    options_.describe(table_);
    resuming_ = !record_.is_null();
    log_lines_ = request.log_lines;
  }

  int run() {
    prepare();
    training::Trainer trainer(model_, data_.training, data_.validation, options_.training);
    if (state_) trainer.restore(*state_);
    add_hooks(trainer);
    const training::TrainingResult result = trainer.run();
    finish(result);
    return exit_code(result);
  }

 private:
  runs::RunOptions options_;
  FieldTable table_;
  json record_;
  bool resuming_ = false, log_lines_ = false;
  sources::DataSplits data_;
  models::AutoencoderPtr model_, exported_;
  fs::path folder_;
  training::TrainingStatePtr state_;  // to go on from; null for a new run

  /// Reads the data, builds the model, and leaves run.json before the first step.
  void prepare() {
    check(options_);
    options_.training.device = training::resolve_device(options_.training.device).str();
    data_ = sources::open_data(options_.data, options_.training.seed);
    if (resuming_) runs::check_same_data(record_, data_.info);
    model_ = build_model(options_, data_);
    exported_ = build_model(options_, data_);
    if (!options_.threads.count) {
      options_.threads.count =
          runs::automatic_threads(parameter_count(*model_), options_.training.batch_size);
    }
    at::set_num_threads(static_cast<int>(*options_.threads.count));
    folder_ = run_folder(options_);
    create_folders(folder_);
    if (resuming_ && fs::exists(folder_ / "last.pt")) {
      state_ = std::make_shared<training::TrainingState>(runs::load_state(folder_ / "last.pt"));
    }
    const json results = resuming_ ? record_.value("results", json()) : json();
    record_ = runs::new_run_record(options_, table_, data_.info);
    record_["results"] = results;
    write_record();
    show_plan(options_, data_.info, *model_, folder_);
  }

  void write_record() const { write_file_atomically(folder_ / "run.json", record_.dump(2) + "\n"); }

  void add_hooks(training::Trainer& trainer) {
    const int64_t finished = state_ ? state_->epoch : 0;
    trainer.add_hook(std::make_shared<runs::MetricsFile>(folder_ / "metrics.csv", finished));
    if (!options_.quiet) trainer.add_hook(make_progress(trainer, finished));
    if (options_.training.early_stopping > 0) {
      trainer.add_hook(std::make_shared<training::EarlyStopping>(options_.training.early_stopping));
    }
    if (options_.stop_after > 0)
      trainer.add_hook(std::make_shared<training::StopAfter>(options_.stop_after));
    const json metadata = runs::model_metadata(record_, *exported_, data_.info);
    trainer.add_hook(std::make_shared<runs::Checkpointer>(
        folder_, exported_, options_.checkpoints,
        [metadata](const training::BestEpoch& best) {
          json with_epoch = metadata;
          with_epoch["epoch"] = best.epoch;
          with_epoch["metrics"] = {{"training", runs::to_json(best.training)},
                                   {"validation", runs::to_json(best.validation)}};
          return with_epoch;
        },
        state_));
  }

  std::shared_ptr<training::Progress> make_progress(training::Trainer& trainer,
                                                    int64_t finished) const {
    const bool bar = ::isatty(STDOUT_FILENO) != 0 && !log_lines_;
    const auto progress = std::make_shared<training::Progress>(
        training::ProgressOptions{.bar = bar, .line_every = options_.log_every},
        options_.training.epochs, finished, data_.training->size());
    if (finished == 0 && options_.log_every > 1) {
      progress->show_untrained(trainer.evaluate_training_rows());
    }
    return progress;
  }

  /// Records the results, draws the pictures, and says where everything is.
  void finish(const training::TrainingResult& result) {
    const training::TrainingState& state = *result.state;
    if (state.best.epoch == 0) return;
    record_results(result);
    fmt::print("model     {}  (epoch {}, loss {:.6f})\n", (folder_ / "best.pt").string(),
               state.best.epoch, state.best.monitored);
    show_expectation();
    fmt::print("metrics   {}\n", (folder_ / "metrics.csv").string());
    save_parts();
    const bool complete = result.end != training::TrainingResult::End::Interrupted;
    if (complete && !options_.no_figures && figures::figures_available()) {
      for (const auto& picture : draw_run_pictures(folder_, options_, data_)) {
        fmt::print("picture   {}\n", picture.string());
      }
    }
    if (complete && options_.report) write_report();
  }

  void write_report() const {
    const fs::path path = folder_ / "report.html";
    write_file_atomically(path, report_page(folder_));
    fmt::print("report    {}\n", path.string());
  }

  void record_results(const training::TrainingResult& result) {
    static constexpr const char* kEnds[] = {"finished", "stopped", "interrupted", "not finite"};
    const training::TrainingState& state = *result.state;
    const runs::MetricsTable metrics = runs::read_metrics(folder_ / "metrics.csv");
    const auto& seconds = metrics.column("seconds");
    json results = {{"end", kEnds[static_cast<int>(result.end)]},
                    {"epochs", state.epoch},
                    {"training_seconds", std::accumulate(seconds.begin(), seconds.end(), 0.0)},
                    {"best",
                     {{"epoch", state.best.epoch},
                      {"training", runs::to_json(state.best.training)},
                      {"validation", runs::to_json(state.best.validation)}}}};
    if (result.last) {
      results["last"] = {{"epoch", result.last->epoch},
                         {"training", runs::to_json(result.last->training)},
                         {"validation", runs::to_json(result.last->validation)}};
    } else if (record_["results"].is_object()) {
      results["last"] = record_["results"]["last"];
    }
    results["expected"] = runs::expectation_record(options_, metrics);
    record_["results"] = std::move(results);
    write_record();
  }

  void show_expectation() const {
    const json& expected = record_["results"]["expected"];
    if (expected.is_null()) return;
    fmt::print("expected  {} at most {:g} after epoch {}; reached {:.6g}\n",
               expected["column"].get<std::string>(), expected["at_most"].get<double>(),
               expected["epoch"].get<int64_t>(), expected["value"].get<double>());
  }

  void save_parts() {
    for (const runs::Part part : options_.save_parts) {
      const bool is_json = part == runs::Part::Architecture;
      const fs::path path =
          folder_ / fmt::format("{}.{}", enum_name(part), is_json ? "json" : "pt");
      save_part(part, path);
      fmt::print("part      {}\n", path.string());
    }
  }

  void save_part(runs::Part part, const fs::path& path) {
    formats::load_weights(*exported_, folder_ / "best.pt");
    json metadata = runs::model_metadata(record_, *exported_, data_.info);
    switch (part) {
      case runs::Part::Encoder: return formats::export_encoder(*exported_, path, metadata);
      case runs::Part::Decoder: return formats::export_decoder(*exported_, path, metadata);
      case runs::Part::Weights: return formats::save_weights(*exported_, path);
      case runs::Part::Architecture: {
        FieldTable model_table;
        recipes::find_variant(options_.variant).describe(model_table, options_.model);
        metadata["options"] = formats::to_json(model_table);
        write_file_atomically(path, metadata.dump(2) + "\n");
      }
    }
  }

  int exit_code(const training::TrainingResult& result) const {
    if (result.end == training::TrainingResult::End::NotFinite) throw Error("{}", result.problem);
    if (result.end != training::TrainingResult::End::Interrupted) return kDone;
    fmt::print(stderr, "interrupted after epoch {}; go on with: {}_autoencoder --resume {}\n",
               result.state->epoch, options_.variant, folder_.string());
    return kInterrupted;
  }
};

}  // namespace

int train_from_command_line(const std::string& variant, int argc, const char* const* argv) {
  return run_program(variant + "_autoencoder", [&] {
    sources::set_image_decoder(figures::decode_image);
    Request request = parse_request(recipes::find_variant(variant), argc, argv);
    if (request.help) return kDone;
    if (request.options.list_recipes) {
      fmt::print("{}", recipes::recipe_table(variant));
      return kDone;
    }
    return Run(std::move(request)).run();
  });
}

}  // namespace hourglass::cli
