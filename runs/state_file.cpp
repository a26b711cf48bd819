#include "hourglass/runs/state_file.h"

#include "hourglass/core/error.h"
#include "hourglass/core/fields.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/json.h"
#include "hourglass/formats/safetensors.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

namespace hourglass::runs {
namespace {

using training::OptimizerState;
using training::TrainingState;

constexpr const char* kKind = "hourglass training state";
constexpr int64_t kVersion = 2;  // 1 was last.pt

constexpr const char* kMetricsDigest = "metrics_sha256";
constexpr const char* kModel = "model/";
constexpr const char* kBest = "best/";

std::string optimizer_prefix(const std::string& phase) { return "optimizer/" + phase + "/"; }

void add_tensors(formats::TensorFile& file, const std::string& prefix, const TensorMap& tensors) {
  for (const auto& [name, tensor] : tensors) file.tensors.push_back({prefix + name, tensor});
}

TensorMap tensors_below(const formats::TensorFile& file, const std::string& prefix) {
  TensorMap tensors;
  for (const auto& [name, tensor] : file.tensors) {
    if (name.starts_with(prefix)) tensors[name.substr(prefix.size())] = tensor;
  }
  return tensors;
}

/// Names and shortest exact texts of the numbers, in their order: [["loss", "0.03"], …].
std::string measurements_text(const Measurements& measurements) {
  auto list = nlohmann::json::array();
  for (const auto& [name, value] : measurements) list.push_back({name, fmt::format("{}", value)});
  return list.dump();
}

/// The texts of a header, each read with a check of what it is.
class Header {
 public:
  Header(const std::map<std::string, std::string>& texts, std::string where)
      : texts_(texts), where_(std::move(where)) {}

  const std::string& text(const std::string& key) const {
    const auto found = texts_.find(key);
    if (found == texts_.end()) fail(key, "a text");
    return found->second;
  }

  int64_t integer(const std::string& key) const {
    const auto number = parse_integer(text(key));
    if (!number || *number < 0) fail(key, "a whole number");
    return *number;
  }

  double number(const std::string& key) const {
    const auto number = parse_double(text(key));
    if (!number) fail(key, "a number");
    return *number;
  }

  bool has(const std::string& key) const { return texts_.contains(key); }

  std::vector<double> numbers(const std::string& key) const {
    std::vector<double> numbers;
    for (const auto& part : split_text(text(key), ',')) {
      const auto number = parse_double(part);
      if (!number) fail(key, "numbers");
      numbers.push_back(*number);
    }
    return numbers;
  }

  std::vector<std::string> names(const std::string& key) const {
    return split_text(text(key), ',');
  }

  Measurements measurements(const std::string& key) const {
    Measurements measurements;
    for (const auto& entry : formats::parse_json(text(key), where_)) {
      const bool is_pair =
          entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string();
      const auto value = is_pair ? parse_double(entry[1].get<std::string>()) : std::nullopt;
      if (!value) fail(key, "names and numbers");
      measurements.push_back({entry[0].get<std::string>(), *value});
    }
    return measurements;
  }

  training::OptimizerKind optimizer() const {
    const auto kind = TextCodec<training::OptimizerKind>::parse(text("optimizer"));
    if (!kind) fail("optimizer", "an optimizer");
    return *kind;
  }

  [[noreturn]] void fail(const std::string& key, const std::string& expected) const {
    throw Error("{}: expected {} as '{}' of its header: it is damaged, or no state of a run",
                where_, expected, key);
  }

 private:
  const std::map<std::string, std::string>& texts_;
  std::string where_;
};

/// What the epoch has come to so far.
void add_unfinished(std::map<std::string, std::string>& header,
                    const training::UnfinishedEpoch& unfinished) {
  const training::EpochSums& sums = unfinished.sums;
  std::vector<std::string> values;
  for (const double value : sums.values) values.push_back(fmt::format("{}", value));
  header["unfinished.sums"] = join_text(values, ",");
  header["unfinished.items"] = std::to_string(sums.items);
  header["unfinished.steps"] = std::to_string(sums.steps);
  header["unfinished.seconds"] = fmt::format("{}", unfinished.seconds);
  if (sums.first_nonfinite_step) {
    header["unfinished.first_nonfinite_step"] = std::to_string(*sums.first_nonfinite_step);
  }
}

training::UnfinishedEpoch read_unfinished(const Header& header) {
  training::UnfinishedEpoch unfinished;
  if (!header.has("unfinished.sums")) return unfinished;
  unfinished.sums = {.values = header.numbers("unfinished.sums"),
                     .items = header.integer("unfinished.items"),
                     .steps = header.integer("unfinished.steps"),
                     .first_nonfinite_step = {}};
  if (header.has("unfinished.first_nonfinite_step")) {
    unfinished.sums.first_nonfinite_step = header.integer("unfinished.first_nonfinite_step");
  }
  unfinished.seconds = header.number("unfinished.seconds");
  return unfinished;
}

bool is_at_best(const TrainingState& state) {
  return state.best.epoch == state.cursor.epoch && state.unfinished.sums.steps == 0;
}

void check_kind(const formats::TensorFile& file, const Header& header, const std::string& where) {
  const auto kind = file.metadata.find("kind");
  if (kind == file.metadata.end() || kind->second != kKind) {
    throw Error("{}: expected the saved state of a run, found other tensors", where);
  }
  const int64_t version = header.integer("version");
  if (version != kVersion) {
    throw Error("{}: expected state version {}, found {}: resume with the version that wrote it",
                where, kVersion, version);
  }
}

}  // namespace

void save_state(const std::filesystem::path& path, const TrainingState& state,
                const std::string& metrics_digest) {
  formats::TensorFile file;
  auto& header = file.metadata;
  const auto number = [](double value) { return fmt::format("{}", value); };
  header["kind"] = kKind;
  header["version"] = std::to_string(kVersion);
  header["epoch"] = std::to_string(state.cursor.epoch);
  header["step"] = std::to_string(state.cursor.step);
  if (!metrics_digest.empty()) header[kMetricsDigest] = metrics_digest;
  if (state.unfinished.sums.steps > 0) add_unfinished(header, state.unfinished);
  header["learning_rate.factor"] = number(state.learning_rate.factor);
  header["learning_rate.best"] = number(state.learning_rate.best);
  header["learning_rate.epochs_without_improvement"] =
      std::to_string(state.learning_rate.epochs_without_improvement);

  add_tensors(file, kModel, state.engine.model);
  std::vector<std::string> phases;
  for (const OptimizerState& optimizer : state.engine.optimizers) {
    phases.push_back(optimizer.phase);
    header["optimizer"] = enum_name(optimizer.kind);
    header["steps." + optimizer.phase] = std::to_string(optimizer.steps);
    add_tensors(file, optimizer_prefix(optimizer.phase), optimizer.slots);
  }
  header["phases"] = join_text(phases, ",");

  header["best.epoch"] = std::to_string(state.best.epoch);
  if (state.best.epoch > 0) {
    header["best.monitored"] = number(state.best.monitored);
    header["best.training"] = measurements_text(state.best.training);
    header["best.validation"] = measurements_text(state.best.validation);
  }
  // The best epoch's weights are there once: as the model, where it is at the end of that epoch.
  if (!is_at_best(state)) add_tensors(file, kBest, state.best.model);
  formats::write_safetensors(path, file);
}

SavedState load_saved_state(const std::filesystem::path& path) {
  const formats::TensorFile file = formats::read_safetensors(path);
  const Header header(file.metadata, path.string());
  check_kind(file, header, path.string());

  SavedState saved;
  if (header.has(kMetricsDigest)) saved.metrics_digest = header.text(kMetricsDigest);
  TrainingState& state = saved.state;
  state.cursor = {.epoch = header.integer("epoch"), .step = header.integer("step")};
  state.learning_rate = {header.number("learning_rate.factor"), header.number("learning_rate.best"),
                         header.integer("learning_rate.epochs_without_improvement")};
  state.unfinished = read_unfinished(header);
  state.engine.model = tensors_below(file, kModel);
  for (const auto& phase : header.names("phases")) {
    state.engine.optimizers.push_back({.phase = phase,
                                       .kind = header.optimizer(),
                                       .steps = header.integer("steps." + phase),
                                       .slots = tensors_below(file, optimizer_prefix(phase))});
  }
  state.best.epoch = header.integer("best.epoch");
  if (state.best.epoch > 0) {
    state.best.monitored = header.number("best.monitored");
    state.best.training = header.measurements("best.training");
    state.best.validation = header.measurements("best.validation");
    state.best.model = is_at_best(state) ? state.engine.model : tensors_below(file, kBest);
  }
  return saved;
}

TrainingState load_state(const std::filesystem::path& path) { return load_saved_state(path).state; }

}  // namespace hourglass::runs
