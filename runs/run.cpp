#include "hourglass/runs/run.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/random.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/formats/exports.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/formats/model_files.h"
#include "hourglass/formats/saelens.h"
#include "hourglass/formats/script.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/formats/weights.h"
#include "hourglass/models/summary.h"
#include "hourglass/models/tensors.h"
#include "hourglass/runs/card_model.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/resumption.h"
#include "hourglass/runs/shown_rows.h"
#include "hourglass/runs/target_check.h"
#include "hourglass/runs/tensorboard_log.h"
#include "hourglass/training/flat_parameters.h"
#include "hourglass/training/stopping.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <system_error>
#include <utility>

namespace hourglass::runs {
namespace {

namespace fs = std::filesystem;

void expect_no_run(const fs::path& folder) {
  if (!fs::exists(folder / "run.json")) return;
  throw Error("{}: holds a run already; go on with it by `resume` {}, or choose another `out`",
              folder.string(), folder.string());
}

/// A new folder for a new run, named after what is trained and the time.
fs::path create_named_folder(const RunOptions& options) {
  std::string what = options.recipe.empty() ? options.data.dataset : options.recipe;
  what = what.substr(0, what.find(':'));
  const std::string name =
      fmt::format("runs/{}-{}-{}", options.model.variant, what, utc_timestamp());
  create_folders("runs");
  fs::path folder = name;
  // Another process may want the same name in the same second.
  std::error_code error;
  for (int copy = 2; !fs::create_directory(folder, error); ++copy) {
    if (error && !fs::exists(folder)) {
      throw Error("{}: cannot create the folder: {}", folder.string(), error.message());
    }
    folder = fmt::format("{}-{}", name, copy);
  }
  flush_to_disk("runs");
  return folder;
}

int64_t parameter_count(const models::Autoencoder& model) {
  int64_t count = 0;
  for (const auto& parameter : model.parameters()) count += parameter.numel();
  return count;
}

/// A user's own data are often few, and the defaults are for tens of thousands of rows. None where
/// the run has steps enough, or a recipe that knows better.
std::optional<std::string> few_steps_note(const RunOptions& options, int64_t rows,
                                          int64_t steps_per_epoch) {
  constexpr int64_t kFewSteps = 500, kEnoughSteps = 1000;
  const int64_t all = steps_per_epoch * options.training.epochs;
  if (!options.recipe.empty() || all >= kFewSteps) return {};
  // An epoch of a length of its own has as many steps whatever the batches.
  const bool has_own_length = options.training.steps_per_epoch > 0;
  const int64_t batch_size = std::min<int64_t>(options.training.batch_size, 16);
  const int64_t steps = has_own_length ? steps_per_epoch : (rows + batch_size - 1) / batch_size;
  const int64_t epochs = (kEnoughSteps / steps / 10 + 1) * 10;
  return fmt::format("{} steps in all are few to learn from; {}`epochs` {} make {}", all,
                     has_own_length ? "" : fmt::format("`batch_size` {} and ", batch_size), epochs,
                     with_thousands(steps * epochs));
}

/// A run that ends before a phase begins has not trained what was asked for.
void check_epochs(const models::Autoencoder& model, int64_t epochs) {
  for (const auto& phase : model.phases()) {
    if (phase.first_epoch <= epochs) continue;
    throw UsageError("`epochs`: expected at least {}, as the phase '{}' begins with that, found {}",
                     phase.first_epoch, phase.name, epochs);
  }
}

formats::EpochResult epoch_result(int64_t epoch, const Measurements& training,
                                  const Measurements& validation) {
  return {.epoch = epoch, .training = training, .validation = validation};
}

}  // namespace

Run::Run(RunOptions options, std::optional<RunRecord> resumed, const Processes& processes)
    : options_(std::move(options)), processes_(processes) {
  options_.describe(table_);
  check(options_);
  check_processes();
  if (resumed) {
    find_state(*resumed);
  } else if (processes_.first() && !options_.out.empty()) {
    expect_no_run(options_.out);  // before the data are read; `open_folder` asks again
  }
  options_.training.device = training::resolve_device(options_.training.device).str();
  data_ = sources::open_data(options_.data, options_.training.seed);
  if (resumed) check_same_data(*resumed, data_.info);
  notes_.insert(notes_.end(), data_.info.notes.begin(), data_.info.notes.end());
  settle_widths();
  check_items(options_, data_);
  check_targets(options_.model.likelihood, data_);
  model_ = build_model();
  if (!state_) set_first_weights();
  check_epochs(*model_, options_.training.epochs);
  exported_ = build_model();
  training::use_channels_last(*exported_);
  if (!options_.threads.count) {
    options_.threads.count = automatic_threads(models::summarize(*model_).multiply_adds,
                                               processes_.share(options_.training.batch_size).count,
                                               processes_.count_here());
  }
  at::set_num_threads(static_cast<int>(*options_.threads.count));
  trainer_ = std::make_unique<training::Trainer>(model_, data_.training, data_.validation,
                                                 options_.training, processes_);
  set_order();
  options_.training.engine.kind = trainer_->engine().kind();
  if (state_) trainer_->restore(*state_);
  check_ends();
  record_ = new_run_record(options_, table_, data_.info);
  record_.parameters = parameter_count(*model_);
  record_.processes = processes_.count();
  const auto note = few_steps_note(options_, data_.training->size(), trainer_->steps_per_epoch());
  if (note) notes_.push_back(*note);
  if (resumed) record_.results = resumed->results, record_.started = resumed->started;
  if (resumed) note_processes(*resumed);
  check_exports();
  // Only now: what is refused leaves no folder behind.
  if (!resumed && processes_.first()) open_folder();
  if (processes_.first()) write_run_record(folder_, record_);
  add_hooks();
}

/// All have to train the same. A hash stands for the options, exact as a number of 53 bits.
void Run::check_processes() const {
  if (processes_.alone()) return;
  const std::string text = options_.model.variant + formats::to_json(table_).dump();
  const at::Tensor own = at::full({1}, static_cast<int64_t>(std::hash<std::string>()(text) >> 11));
  const at::Tensor all = processes_.gather(own).rows;
  const at::Tensor differs = (all != all[0]).nonzero().flatten();
  if (differs.size(0) == 0) return;
  throw Error("process {} of {}: expected the options of process 0, found others",
              differs[0].item<int64_t>(), processes_.count());
}

/// Nobody else may write the folder from the moment that its state is read.
void Run::find_state(const RunRecord& resumed) {
  folder_ = options_.resume;
  if (processes_.first()) {
    lock_ = FolderLock(folder_);
    remove_abandoned_temporaries(folder_);
    remove_abandoned_temporaries(folder_ / "figures");
  }
  Resumption found = find_resumption(folder_);
  // Results are written after the state that they are of.
  const int64_t finished = resumed.results ? resumed.results->epochs : 0;
  if (!found.state && finished > 0) {
    throw Error(
        "{}: expected the state of the run, which has results of {} epochs, found no file; put a "
        "copy of it back, or begin another run in another `out`",
        (folder_ / kStateFile).string(), finished);
  }
  state_ = std::move(found.state);
  state_is_previous_ = found.is_previous;
  notes_ = std::move(found.notes);
}

/// Where the run ends at once, it is at the end asked for.
void Run::check_ends() const {
  const int64_t taken = state_ ? state_->cursor.step : 0, steps = trainer_->steps_per_epoch();
  const auto check = [&](const char* option, int64_t epochs) {
    if (taken <= epochs * steps) return;
    throw UsageError("`{}`: expected {} or more, as the run went as far before, found {}", option,
                     (taken + steps - 1) / steps, epochs);
  };
  check("epochs", options_.training.epochs);
  if (options_.stop_after > 0) check("stop_after", options_.stop_after);
}

/// What could not be written in the end is refused before the first step.
void Run::check_exports() const {
  const auto& exports = options_.exports;
  if (std::count(exports.begin(), exports.end(), formats::ExportFormat::SaeLens) == 0) return;
  try {
    formats::check_saelens(card());
  } catch (const Error& error) {
    throw UsageError("`export` {}", error.what());
  }
}

/// Of a new run. Another process may want the same one at the same time.
void Run::open_folder() {
  folder_ = options_.out;
  if (folder_.empty()) {
    folder_ = create_named_folder(options_);
  } else {
    expect_no_run(folder_);
    create_folders(folder_);
  }
  lock_ = FolderLock(folder_);
  expect_no_run(folder_);
  remove_abandoned_temporaries(folder_);
}

void Run::note_processes(const RunRecord& resumed) {
  if (resumed.processes == processes_.count()) return;
  notes_.push_back(fmt::format(
      "the run goes on in another number of processes, {} after {}: its numbers are those "
      "of an uninterrupted one up to rounding",
      processes_.count(), resumed.processes));
}

/// Settles `shuffle` of mapped data. Full shuffling, and so Auto for others, is the trainer's own.
void Run::set_order() {
  using Kind = datasets::Shuffle::Kind;
  datasets::Shuffle& shuffle = options_.shuffle;
  if (shuffle.kind == Kind::Auto && data_.mapped) {
    shuffle = datasets::blocks_for(data_.training->item_shape());
    notes_.push_back(
        fmt::format("`shuffle` {}, as rows are read from their files", shuffle.text()));
  }
  if (shuffle.kind == Kind::Auto || shuffle.kind == Kind::Full) return;
  trainer_->set_sampler(datasets::make_sampler(shuffle, data_.training, options_.training.seed));
}

models::ItemShapes Run::item_shapes() const {
  return {data_.training->item_shape(), data_.training->target_shape()};
}

void Run::settle_widths() {
  const Field* widths = table_.find("widths");
  const bool automatic = widths && widths->value_text() == "auto";
  options_.model.network.resolve(item_shapes());
  if (!automatic) return;
  notes_.push_back(fmt::format("widths {}, as items have {} values", widths->value_text(),
                               element_count(item_shapes().input)));
}

models::AutoencoderPtr Run::build_model() const {
  at::manual_seed(derive_seed(options_.training.seed, "weights"));
  return options_.model.build(item_shapes(), data_.training->condition_width(),
                              std::ssize(data_.info.class_names));
}

/// Those of a new run that are not drawn.
void Run::set_first_weights() {
  if (!options_.init_from.empty()) {
    formats::load_weights(*model_, options_.init_from);
  } else if (options_.output_bias == models::OutputBias::Mean) {
    constexpr int64_t kFirstEpoch = 1;
    begin_at_mean(*model_, datasets::mean_of_known_targets(*data_.training, kFirstEpoch));
  }
}

/// What best.pt says of itself, without the epoch.
formats::ModelCard Run::card() const {
  const bool bernoulli = exported_->likelihood().loss == models::Loss::Bce;
  formats::ModelCard card{.variant = record_.variant,
                          .network = record_.network,
                          .recipe = record_.recipe,
                          .options = record_.options,
                          .value_range = ValueRange{bernoulli ? 0 : data_.info.lowest,
                                                    bernoulli ? 1 : data_.info.highest},
                          .data = data_.info,
                          .layer_table = layer_table(*exported_),
                          .libraries = record_.libraries};
  if (!data_.condition_names.empty()) {
    card.condition = {.names = data_.condition_names, .columns = data_.condition_columns};
  }
  return card;
}

void Run::add_hooks() {
  // All processes see the same numbers, and stop at the same epoch; one writes.
  if (options_.stop_after > 0) {
    trainer_->add_hook(std::make_shared<training::StopAfter>(options_.stop_after));
  }
  if (!processes_.first()) return;
  if (state_is_previous_) go_back_to_previous_state(folder_);
  const auto metrics =
      std::make_shared<MetricsFile>(folder_ / "metrics.csv", finished_epochs(),
                                    trainer_->reported_names(), data_.validation != nullptr);
  trainer_->add_hook(metrics);
  // A resumed run goes on with what it began.
  if (options_.tensorboard || !formats::tensorboard_files(folder_).empty()) {
    trainer_->add_hook(std::make_shared<TensorboardLog>(folder_, finished_epochs()));
  }
  const auto checkpointer = std::make_shared<Checkpointer>(
      folder_, exported_, options_.checkpoints,
      [card = card()](const training::BestEpoch& best) {
        formats::ModelCard with_epoch = card;
        with_epoch.trained = epoch_result(best.epoch, best.training, best.validation);
        return with_epoch;
      },
      metrics, state_);
  if (!checkpointer->note().empty()) notes_.push_back(checkpointer->note());
  trainer_->add_hook(checkpointer);
}

training::TrainingResult Run::train(const training::StopRequested& stop_requested) {
  training::TrainingResult result = trainer_->run(stop_requested);
  const bool has_model = result.state->best.epoch > 0;
  if (!processes_.first()) return result;
  if (!has_model && result.end != training::RunEnd::NotFinite) return result;
  record_results(result);
  if (!has_model) return result;
  save_parts();
  return result;
}

void Run::record_results(const training::TrainingResult& result) {
  const training::TrainingState& state = *result.state;
  const MetricsTable metrics = read_metrics(folder_ / "metrics.csv");
  const auto& seconds = metrics.column("seconds");
  RunResults results{
      .end = result.end,
      .epochs = state.cursor.epoch,
      .training_seconds = std::accumulate(seconds.begin(), seconds.end(), 0.0),
      .best = epoch_result(state.best.epoch, state.best.training, state.best.validation),
      .last = {},
      .expected = expectation_record(options_, item_shapes(), metrics)};
  if (result.last) {
    results.last = epoch_result(result.last->epoch, result.last->training, result.last->validation);
  } else if (record_.results) {
    results.last = record_.results->last;
  }
  record_.results = std::move(results);
  write_run_record(folder_, record_);
}

fs::path Run::part_path(Part part) const {
  switch (part) {
    case Part::Safetensors: return folder_ / "best.safetensors";
    case Part::Architecture: return folder_ / "architecture.json";
    default: return folder_ / fmt::format("{}.pt", enum_name(part));
  }
}

void Run::save_parts() {
  if (options_.save_parts.empty() && options_.exports.empty()) return;
  formats::load_weights(*exported_, folder_ / "best.pt");
  formats::ModelCard best = card();
  best.trained = record_.results->best;
  for (const Part part : options_.save_parts) save_part(part, best);
  if (options_.exports.empty()) return;
  const formats::Script script = formats::script_of(*exported_, best);
  for (const auto format : options_.exports) {
    for (auto& path : formats::write_export(script, format, folder_, "best")) {
      parts_.push_back(std::move(path));
    }
  }
}

void Run::save_part(Part part, const formats::ModelCard& best) {
  const fs::path path = part_path(part);
  switch (part) {
    case Part::Encoder: formats::export_encoder(*exported_, path, best); break;
    case Part::Decoder: formats::export_decoder(*exported_, path, best); break;
    case Part::Weights: formats::save_weights(*exported_, path); break;
    case Part::Safetensors:
      formats::write_model_tensors(path, {.card = formats::script_of(*exported_, best).card,
                                          .tensors = models::named_tensors(*exported_)});
      break;
    case Part::Architecture: {
      // Of no weights, so of no epoch.
      formats::ModelCard untrained = card();
      FieldTable model_table;
      options_.model.describe(model_table);
      untrained.options = formats::RecordedOptions(formats::to_json(model_table));
      formats::save_card(*exported_, path, untrained);
    }
  }
  parts_.push_back(path);
}

}  // namespace hourglass::runs
