#include "hourglass/runs/run_options.h"

#include "hourglass/core/error.h"

#include <algorithm>
#include <thread>

namespace hourglass::runs {

std::optional<Threads> Threads::parse(const std::string& text) {
  if (text == "auto") return Threads{};
  const auto count = parse_integer(text);
  if (!count || *count < 1 || *count > kMost) return {};
  return Threads{count};
}

std::string Threads::text() const { return count ? std::to_string(*count) : "auto"; }

void ModelOptions::describe(FieldTable& table) {
  network.describe(table);
  recipes::find_variant(variant).objective.describe(objective, table);
  likelihood.describe(table);
}

models::AutoencoderPtr ModelOptions::build(const models::ItemShapes& shapes,
                                           int64_t condition_width, int64_t classes) const {
  return recipes::find_variant(variant).objective.build(objective,
                                                        {.shapes = shapes,
                                                         .network = network,
                                                         .likelihood = likelihood,
                                                         .condition_width = condition_width,
                                                         .classes = classes});
}

RunOptions options_of(const std::string& name, const std::string& recipe,
                      const std::string& network) {
  const recipes::Variant& variant = recipes::find_variant(name);
  RunOptions options{.recipe = recipe,
                     .model = {.variant = name,
                               .network = variant.networks.front(),
                               .likelihood = variant.likelihood,
                               .objective = variant.objective.defaults}};
  options.data.corruption = variant.corruption;
  options.data.condition = variant.condition;
  if (!recipe.empty()) {
    const recipes::Recipe& source = recipes::find_recipe(recipe, name);
    if (source.network) options.model.network = *source.network;
    if (source.likelihood) options.model.likelihood = *source.likelihood;
    if (source.objective.has_value()) options.model.objective = source.objective;
    options.output_bias = source.output_bias;
    options.data = source.data;
    options.training = source.training;
    options.pictures = source.pictures;
    options.expected = source.expected;
    options.log_every = source.log_every;
  }
  if (!network.empty() && network != options.model.network.name()) {
    options.model.network = variant.network(network);
  }
  return options;
}

void RunOptions::describe(FieldTable& table) {
  table.begin_group("Recipe");
  std::vector<std::string> recipe_names;
  for (const auto& own : recipes::find_variant(model.variant).recipes) {
    recipe_names.push_back(own.name);
  }
  table.add("recipe", recipe, "a published system: its options become the defaults of all others")
      .shown_as("NAME")
      .offering(recipe_names)
      .not_recorded();
  table
      .add("config", config,
           "take options from a run.json, or from a JSON file such as {\"epochs\": 20, \"widths\": "
           "[32, 2]}: they replace the recipe's, and flags replace them")
      .shown_as("FILE")
      .not_recorded();
  table.add("list_recipes", list_recipes, "show the recipes and exit").not_recorded();

  table.begin_group("Model");
  model.describe(table);
  table
      .add("architecture", architecture,
           "take the model's options from an architecture.json of --save-parts")
      .shown_as("FILE")
      .not_recorded();
  table
      .add("init_from", init_from,
           "start from these weights instead of fresh ones: TorchScript, torch.save of a state "
           "dictionary, safetensors")
      .shown_as("FILE");
  table.add("output_bias", output_bias,
            "where the biases of the decoder's last layer begin: zero, or where their outputs are "
            "the mean of the training items");

  data.describe(table);
  training.describe(table);
  table
      .add("shuffle", shuffle,
           "the order of training rows: full, blocks:ROWS[,WINDOW] (blocks of neighbours in random "
           "order, the rows of WINDOW blocks shuffled together) or none; auto: full, or blocks for "
           "rows that are read from their files")
      .shown_as("HOW");
  table.add("threads", threads, "for computing; auto: by the size of model and batch");

  pictures.describe(table);

  table.begin_group("Run");
  table.add("out", out, "where the run's files go; empty: runs/VARIANT-RECIPE-TIME")
      .shown_as("DIR")
      .not_recorded();
  table.add("resume", resume, "go on with an interrupted run, with its own options")
      .shown_as("DIR")
      .not_recorded();
  table.add("stop_after", stop_after, "end early after this epoch, to be resumed; 0: never")
      .shown_as("EPOCH")
      .at_least(0)
      .not_recorded();
  checkpoints.describe(table);
  table
      .add("save_parts", save_parts,
           "also write encoder, decoder, weights, safetensors, architecture: any of them, "
           "comma-separated")
      .shown_as("LIST");
  table
      .add("export", exports,
           "also write the best model as pt2, onnx, safetensors, c, torchscript, saelens: any of "
           "them, "
           "comma-separated")
      .shown_as("LIST");
  table
      .add("tensorboard", tensorboard,
           "also write the metrics as an event file of TensorBoard into the run's folder")
      .not_recorded();
  table
      .add("log_every", log_every,
           "between the lines of a log; lines instead of a bar on a terminal")
      .shown_as("EPOCHS")
      .at_least(1)
      .not_recorded();
  table.add("no_figures", no_figures, "draw no pictures").not_recorded();
  table.add("report", report, "at the end also write the run as one page, report.html")
      .not_recorded();
  table.add("quiet", quiet, "print the results alone").not_recorded();
}

std::vector<std::string> networks_with(const std::string& option) {
  std::vector<std::string> names;
  for (const auto& kind : models::network_kinds()) {
    models::NetworkOptions network(kind.name);
    FieldTable fields;
    network.describe(fields);
    if (fields.find(option)) names.push_back(kind.name);
  }
  return names;
}

namespace {

bool has_tied_weights(RunOptions options) {
  FieldTable table;
  options.model.describe(table);
  const Field* field = table.find("tied_weights");
  return field && field->value_text() == "true";
}

}  // namespace

void check(const RunOptions& options) {
  const recipes::Variant& variant = recipes::find_variant(options.model.variant);
  options.model.network.check();
  check(options.model.likelihood);
  variant.objective.check(options.model.objective, options.model.network, options.model.likelihood);
  const bool inputs_are_targets = options.data.corruption.kind == datasets::CorruptionKind::None &&
                                  options.data.targets.empty();
  if (variant.corruption.kind != datasets::CorruptionKind::None && inputs_are_targets) {
    throw UsageError(
        "`corruption` none: a {} autoencoder expects inputs unlike their targets; use `corruption` "
        "{}, or name the targets with `targets`",
        variant.name, variant.corruption.text());
  }
  const bool told_nothing = options.data.condition.kind == datasets::ConditionRule::Kind::None;
  if (variant.condition.kind != datasets::ConditionRule::Kind::None && told_nothing) {
    throw UsageError("`condition` none: a {} autoencoder expects a condition; use `condition` {}",
                     variant.name, variant.condition.text());
  }
  const bool alone = std::find(options.save_parts.begin(), options.save_parts.end(),
                               Part::Decoder) != options.save_parts.end();
  if (alone && has_tied_weights(options)) {
    throw UsageError(
        "`save_parts` decoder: a decoder with `tied_weights` has the encoder's weights, and is no "
        "part of its own");
  }
  check(options.training.optimizer);
  if (options.stop_after > options.training.epochs) {
    throw UsageError("`stop_after`: expected at most the run's {} epochs, found {}",
                     options.training.epochs, options.stop_after);
  }
}

int64_t automatic_threads(int64_t multiply_adds, int64_t batch_size, int64_t processes) {
  // Multiply-adds of a forward pass that keep one thread busy. Measured by benchmarks/compare.sh: a
  // second thread makes digits-2d (35 thousand) a quarter slower; mnist-2d-relu (1.6 million) has two
  // thirds of the time with it, and larger recipes less.
  constexpr int64_t kWorkForAThread = 800'000;
  const int64_t cores = std::max<int64_t>(1, std::thread::hardware_concurrency() / processes);
  int64_t work = 0;  // of the largest batches, more than can be counted
  if (__builtin_mul_overflow(multiply_adds, batch_size, &work)) return cores;
  return std::clamp<int64_t>(work / kWorkForAThread, 1, cores);
}

}  // namespace hourglass::runs
