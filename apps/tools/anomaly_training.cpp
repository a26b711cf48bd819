#include "hourglass/apps/tools/anomaly_training.h"

#include "hourglass/apps/tools/sweep_progress.h"
#include "hourglass/cli/fast_inference.h"
#include "hourglass/cli/interrupt.h"
#include "hourglass/core/error.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/sources/open.h"

#include <fmt/format.h>

#include <iterator>
#include <memory>
#include <utility>

namespace hourglass::apps {

using namespace evaluation;

namespace {

namespace fs = std::filesystem;

constexpr int64_t kBatch = 256, kSteps = 200;
constexpr double kTrim = 0.3, kMask = 0.7;

/// A kind of models, and what they are asked.
struct Kind {
  const char* name;
  const char* variant;
  AnomalyScore score;
};
constexpr Kind kKinds[] = {{"trimmed", "dense", AnomalyScore::Reconstruction},
                           {"masked", "denoising", AnomalyScore::Mahalanobis}};

/// Enough epochs for the steps; of more rows than they need, one that stops early. Noise is drawn
/// anew each epoch.
void set_length(training::TrainingOptions& training, int64_t rows) {
  training.batch_size = kBatch;
  const int64_t steps = (rows + kBatch - 1) / kBatch;
  if (steps > kSteps) training.steps_per_epoch = kSteps;
  training.epochs = steps > kSteps ? 1 : (kSteps + steps - 1) / steps;
}

runs::RunOptions options_of(const Kind& kind, const sources::DataOptions& data, int64_t rows) {
  runs::RunOptions options = runs::options_of(kind.variant, "", "dense");
  options.model.network = models::DenseNetwork{.widths = {64, 32, 32}};
  options.model.likelihood = {.loss = models::Loss::Mse, .activation = models::Activation::Linear};
  options.data = data;
  options.no_figures = options.quiet = true;
  set_length(options.training, rows);
  if (kind.score == AnomalyScore::Reconstruction) {
    options.model.likelihood.trim = kTrim;
  } else {
    options.data.corruption = {datasets::CorruptionKind::Mask, kMask};
  }
  return options;
}

/// What decides the members beside their number: others are not to be mixed with them.
nlohmann::json record_of(sources::DataOptions data, const std::string& digest, uint64_t seed) {
  FieldTable table;
  data.describe(table);
  nlohmann::json options = formats::to_json(table);
  // The digest says which data they are, wherever they lie.
  for (const char* place : {"dataset", "data_dir", "map_above"}) options.erase(place);
  return {{"options", options}, {"dataset", digest}, {"seed", seed}};
}

/// Trains the member, or goes on with it, unless it is there.
void train(const runs::SweepPoint& point, const std::shared_ptr<SweepProgress>& progress) {
  progress->begin(point);
  if (const auto done = runs::done_run(point)) {
    if (done->state == runs::RunState::NotFinite) {
      throw Error("{}: its loss became no number; remove the folder, or change what is trained",
                  point.options.out);
    }
    return progress->end_kept("");
  }
  const auto result =
      runs::train_point(point, &cli::InterruptGuard::requested, [&](runs::Run& run) {
        progress->show_notes(run.data().info.notes);
        run.trainer().add_hook(progress);
      });
  if (result.end == training::RunEnd::NotFinite) throw Error("{}: {}", point.name, result.problem);
  if (result.end != training::RunEnd::Interrupted) progress->end_trained("trained");
}

}  // namespace

void AnomalyTraining::describe(FieldTable& table) {
  table.add("train", train,
            "first train models on the rows of --dataset, of which no one needs to know which are "
            "normal; they stay in the folder of the results, as members/ and detector.json");
  table.add("members", members, "models of each of the two kinds that --train trains")
      .at_least(1)
      .at_most(64);
}

sources::DataOptions unlabelled_data(sources::DataOptions data, const cli::CommandLine& line) {
  const bool table = data.dataset.starts_with("csv:");
  if (table && !line.has("label_column")) data.label_column = {sources::LabelColumn::Kind::None};
  if (!line.has("scale")) data.scale = {datasets::ScalingRule::Kind::Standard};
  data.validation = {datasets::Validation::Kind::None};
  return data;
}

runs::SweepPlan plan_members(const sources::DataOptions& data, const AnomalyTraining& asked,
                             uint64_t seed, const ModelOptions& model, const fs::path& folder) {
  const sources::ReadData read = sources::read_data(data);
  const int64_t rows =
      read.chosen.rows.defined() ? read.chosen.rows.size(0) : read.inputs.rows.size();
  runs::SweepPlan plan = {.folder = folder, .record = record_of(data, read.inputs.sha256, seed)};
  for (const Kind& kind : kKinds) {
    for (int64_t i = 0; i < asked.members; ++i) {
      runs::SweepPoint point = {.name = fmt::format("{}-{}", kind.name, i + 1),
                                .options = options_of(kind, data, rows)};
      point.options.training.seed = seed + static_cast<uint64_t>(i);
      point.options.training.device = model.device;
      point.options.threads = model.threads;
      point.options.out = (folder / point.name).string();
      plan.points.push_back(std::move(point));
    }
  }
  return plan;
}

std::vector<MemberModel> train_members(const runs::SweepPlan& plan, const OutputOptions& output) {
  try {
    runs::open_sweep(plan);
  } catch (const Error& error) {
    throw Error("{}, or add --force to train all anew", error.what());
  }
  const auto progress = std::make_shared<SweepProgress>(plan, output.quiet);
  const cli::InterruptGuard interrupt;
  for (const auto& point : plan.points) {
    train(point, progress);
    if (cli::InterruptGuard::requested()) return {};
  }
  std::vector<MemberModel> members;
  const size_t members_of_kind = plan.points.size() / std::size(kKinds);
  for (size_t i = 0; i < plan.points.size(); ++i) {
    const Kind& kind = kKinds[i / members_of_kind];
    members.push_back({std::make_shared<ExportedModel>(
                           cli::load_model(fs::path(plan.points[i].options.out) / "best.pt")),
                       kind.score});
  }
  return members;
}

}  // namespace hourglass::apps
