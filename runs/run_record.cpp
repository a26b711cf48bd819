#include "hourglass/runs/run_record.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/version.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/models/summary.h"

#include <torch/version.h>

#include <fstream>
#include <sys/utsname.h>
#include <thread>

namespace hourglass::runs {
namespace {

constexpr int kRunFormat = 1;
constexpr int kModelFormat = 1;

/// The processor's name as Linux knows it, or "unknown".
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

nlohmann::json machine() {
  utsname system{};
  uname(&system);
  return {{"processor", processor_name()},
          {"cores", std::thread::hardware_concurrency()},
          {"system", std::string(system.sysname) + " " + system.release}};
}

nlohmann::json libraries() { return {{"hourglass", kVersion}, {"libtorch", TORCH_VERSION}}; }

nlohmann::json layer_table(models::Autoencoder& model) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& layer : models::summarize(model).layers) {
    rows.push_back({{"name", layer.name},
                    {"type", layer.title},
                    {"output_shape", layer.output_shape},
                    {"parameters", layer.values}});
  }
  return rows;
}

/// The options that decide the result, without those that may differ between runs of one recipe.
nlohmann::json compared_options(RunOptions options) {
  FieldTable table;
  options.describe(table);
  nlohmann::json compared = formats::to_json(table);
  for (const char* free : {"seed", "device", "threads", "engine", "data_dir"}) compared.erase(free);
  return compared;
}

}  // namespace

nlohmann::json new_run_record(const RunOptions& options, const FieldTable& table,
                              const sources::DataInfo& data) {
  return {{"format", kRunFormat},     {"variant", options.variant},
          {"recipe", options.recipe}, {"options", formats::to_json(table)},
          {"data", to_json(data)},    {"machine", machine()},
          {"libraries", libraries()}, {"started", utc_timestamp()},
          {"results", nullptr}};
}

nlohmann::json read_run_record(const std::filesystem::path& folder) {
  const auto path = folder / "run.json";
  const auto record = nlohmann::json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
  const bool complete = record.is_object() && record.contains("format") &&
                        record.contains("variant") && record.contains("recipe") &&
                        record.contains("options") && record.contains("data");
  if (!complete)
    throw Error("{}: expected the record of a run, found something else", path.string());
  if (record["format"] != kRunFormat) {
    throw Error("{}: expected run format {}, found {}: use the version that wrote it",
                path.string(), kRunFormat, record["format"].dump());
  }
  return record;
}

void check_same_data(const nlohmann::json& record, const sources::DataInfo& data) {
  const auto recorded = record.at("data").value("sha256", "");
  if (recorded != data.sha256) {
    throw Error("{}: expected the data the run began with (SHA-256 {}…), found other bytes ({}…)",
                data.name, recorded.substr(0, 12), data.sha256.substr(0, 12));
  }
}

nlohmann::json model_metadata(const nlohmann::json& record, models::Autoencoder& model,
                              const sources::DataInfo& data) {
  const bool bernoulli = model.likelihood().loss == models::Loss::Bce;
  return {{"format", kModelFormat},
          {"variant", record.at("variant")},
          {"recipe", record.at("recipe")},
          {"options", record.at("options")},
          {"input_shape", model.input_shape()},
          {"target_shape", model.target_shape()},
          {"code_shape", model.code_shape()},
          {"code_kind", model.code_kind()},
          {"value_range", {bernoulli ? 0.0 : data.lowest, bernoulli ? 1.0 : data.highest}},
          {"data", record.at("data")},
          {"layer_table", layer_table(model)},
          {"libraries", record.at("libraries")}};
}

nlohmann::json to_json(const training::Measurements& measurements) {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& measurement : measurements) object[measurement.name] = measurement.value;
  return object;
}

nlohmann::json expectation_record(const RunOptions& options, const MetricsTable& metrics) {
  if (options.recipe.empty()) return nullptr;
  const recipes::Expectation& expected = options.expected;
  const int64_t epoch = expected.epoch > 0 ? expected.epoch : options.training.epochs;
  const auto& values = metrics.column(expected.column);
  const bool as_published =
      compared_options(options) == compared_options(options_of(options.variant, options.recipe));
  if (!as_published || epoch > static_cast<int64_t>(values.size())) return nullptr;
  return {{"column", expected.column},       {"epoch", epoch},
          {"at_most", expected.at_most},     {"value", values[static_cast<size_t>(epoch - 1)]},
          {"published", expected.published}, {"reference", expected.reference}};
}

}  // namespace hourglass::runs
