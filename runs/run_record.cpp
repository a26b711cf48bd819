#include "hourglass/runs/run_record.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/core/version.h"
#include "hourglass/formats/digest.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/kernels/instruction_set.h"
#include "hourglass/runs/run_title.h"

#include <torch/version.h>

#include <fstream>
#include <limits>
#include <sys/utsname.h>
#include <thread>

namespace hourglass::runs {
namespace {

using formats::JsonFields;

nlohmann::json to_json(const ExpectationRecord& expected) {
  return {{"column", expected.column},       {"epoch", expected.epoch},
          {"at_most", expected.at_most},     {"value", expected.value},
          {"published", expected.published}, {"reference", expected.reference}};
}

nlohmann::json to_json(const RunResults& results) {
  nlohmann::json json = {
      {"end", enum_name(results.end)},
      {"epochs", results.epochs},
      {"training_seconds", results.training_seconds},
      {"best", formats::to_json(results.best)},
      {"expected", results.expected ? to_json(*results.expected) : nlohmann::json()}};
  if (results.last) json["last"] = formats::to_json(*results.last);
  return json;
}

std::optional<ExpectationRecord> read_expectation(const JsonFields& results) {
  const auto fields = results.find_object("expected");
  if (!fields) return {};
  return ExpectationRecord{
      .column = fields->get<std::string>("column"),
      .epoch = fields->get<int64_t>("epoch"),
      .at_most = fields->get<double>("at_most"),
      .value = fields->get<double>("value", std::numeric_limits<double>::quiet_NaN()),
      .published = fields->get<std::string>("published", ""),
      .reference = fields->get("reference", std::vector<double>())};
}

std::optional<RunResults> read_results(const JsonFields& record) {
  const auto fields = record.find_object("results");
  if (!fields) return {};
  const auto end = TextCodec<training::RunEnd>::parse(fields->get<std::string>("end"));
  if (!end) fields->fail("end", TextCodec<training::RunEnd>::expects());
  RunResults results = {.end = *end,
                        .epochs = fields->get<int64_t>("epochs"),
                        .training_seconds = fields->get<double>("training_seconds", 0),
                        .best = formats::epoch_result_from_json(fields->object("best")),
                        .last = {},
                        .expected = read_expectation(*fields)};
  if (const auto last = fields->find_object("last")) {
    results.last = formats::epoch_result_from_json(*last);
  }
  return results;
}

MachineRecord read_machine(const JsonFields& record) {
  MachineRecord machine;
  const auto fields = record.find_object("machine");
  if (!fields) return machine;
  machine.processor = fields->get("processor", machine.processor);
  machine.cores = fields->get("cores", machine.cores);
  machine.system = fields->get("system", machine.system);
  machine.instructions = fields->get("instructions", machine.instructions);
  return machine;
}

/// The processor's name as Linux knows it, or "unknown".
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

MachineRecord this_machine() {
  utsname system{};
  uname(&system);
  return {.processor = processor_name(),
          .cores = std::thread::hardware_concurrency(),
          .system = std::string(system.sysname) + " " + system.release,
          .instructions = kernels::instruction_set()};
}

// ---- The record's own digest

constexpr const char* kDigestKey = "sha256";

/// The same for the record in memory and for what was read back from its text.
std::string digest_without_itself(nlohmann::json record) {
  record.erase(kDigestKey);
  return formats::sha256(formats::json_text(record));
}

/// Records of earlier versions have none.
void check_digest(const nlohmann::json& record, const std::string& where) {
  if (!record.is_object() || !record.contains(kDigestKey)) return;
  const std::string found = digest_without_itself(record);
  if (record[kDigestKey] == found) return;
  throw Error(
      "{}: expected a record of the SHA-256 that it says, found one of {}…: the file is damaged or "
      "was changed; put a copy of it back, or take its line '{}' out where the change is meant",
      where, found.substr(0, 12), kDigestKey);
}

/// The options that decide the result, without those that may differ between runs of one recipe.
nlohmann::json compared_options(RunOptions options) {
  FieldTable table;
  options.describe(table);
  nlohmann::json compared = formats::to_json(table);
  for (const char* free : {"seed", "device", "threads", "engine"}) compared.erase(free);
  for (const auto& field : table.rows()) {
    if (!changes_the_model(field.name)) compared.erase(field.name);
  }
  return compared;
}

}  // namespace

nlohmann::json to_json(const RunRecord& record) {
  nlohmann::json json = {{"format", record.format},
                         {"variant", record.variant},
                         {"recipe", record.recipe},
                         {"options", record.options.as_json()},
                         {"data", formats::to_json(record.data)},
                         {"machine",
                          {{"processor", record.machine.processor},
                           {"cores", record.machine.cores},
                           {"system", record.machine.system}}},
                         {"libraries", record.libraries},
                         {"started", record.started},
                         {"results", record.results ? to_json(*record.results) : nlohmann::json()}};
  const auto& instructions = record.machine.instructions;
  if (!instructions.empty()) json["machine"]["instructions"] = instructions;
  if (!record.network.empty()) json["network"] = record.network;
  if (record.processes > 1) json["processes"] = record.processes;
  if (record.parameters) json["parameters"] = *record.parameters;
  return json;
}

RunRecord run_record_from_json(const nlohmann::json& json, const std::string& where) {
  const JsonFields fields(json, where);
  return {.format = formats::read_format(fields, kRunFormat),
          .variant = fields.get<std::string>("variant"),
          .network = fields.get<std::string>("network", ""),
          .recipe = fields.get<std::string>("recipe"),
          .options = formats::options_from_json(fields.object("options")),
          .data = formats::data_card_from_json(fields.object("data")),
          .machine = read_machine(fields),
          .processes = fields.get<int64_t>("processes", 1),
          .parameters = fields.find<int64_t>("parameters"),
          .libraries = fields.get("libraries", std::map<std::string, std::string>()),
          .started = fields.get<std::string>("started", ""),
          .results = read_results(fields)};
}

RunRecord read_run_record(const std::filesystem::path& folder) {
  const auto path = folder / "run.json";
  const nlohmann::json json = formats::parse_json(read_file(path), path.string());
  check_digest(json, path.string());
  return run_record_from_json(json, path.string());
}

RunRecord read_resumable_record(const std::filesystem::path& folder, const std::string& variant) {
  RunRecord record = read_run_record(folder);
  if (record.variant != variant) {
    throw Error("{}: a run of {}_autoencoder: resume it with that program", folder.string(),
                record.variant);
  }
  if (record.format != kRunFormat) {
    throw Error("{}: a run of format {}, which Hourglass 0.1 resumes; this version resumes {}",
                folder.string(), record.format, kRunFormat);
  }
  return record;
}

std::map<std::string, std::string> library_versions() {
  return {{"hourglass", kVersion}, {"libtorch", TORCH_VERSION}};
}

RunRecord new_run_record(const RunOptions& options, const FieldTable& table,
                         const formats::DataCard& data) {
  return {.variant = options.model.variant,
          .network = options.model.network.name(),
          .recipe = options.recipe,
          .options = formats::RecordedOptions(formats::to_json(table)),
          .data = data,
          .machine = this_machine(),
          .libraries = library_versions(),
          .started = utc_timestamp(),
          .results = {}};
}

std::optional<ExpectationRecord> expectation_record(const RunOptions& options,
                                                    const models::ItemShapes& shapes,
                                                    const MetricsTable& metrics) {
  const recipes::Expectation& expected = options.expected;
  if (options.recipe.empty() || expected.column.empty()) return {};
  const int64_t epoch = expected.epoch > 0 ? expected.epoch : options.training.epochs;
  RunOptions published = options_of(options.model.variant, options.recipe);
  published.model.network.resolve(shapes);
  const bool as_published = compared_options(options) == compared_options(published);
  if (!as_published) return {};
  const auto& values = metrics.column(expected.column);
  if (epoch > static_cast<int64_t>(values.size())) return {};
  return ExpectationRecord{.column = expected.column,
                           .epoch = epoch,
                           .at_most = expected.at_most,
                           .value = values[static_cast<size_t>(epoch - 1)],
                           .published = expected.published,
                           .reference = expected.reference};
}

void write_run_record(const std::filesystem::path& folder, const RunRecord& record) {
  nlohmann::json json = to_json(record);
  json[kDigestKey] = digest_without_itself(json);
  write_file_atomically(folder / "run.json", formats::json_text(json) + "\n");
}

void check_same_data(const RunRecord& record, const formats::DataCard& data) {
  if (record.data.rows_sha256 != data.rows_sha256) {
    throw Error("{}: expected the list of `rows` that the run began with, found another",
                data.name);
  }
  if (record.data.sha256 == data.sha256) return;
  throw Error("{}: expected the data the run began with (SHA-256 {}…), found other {} ({}…)",
              data.name, record.data.sha256.substr(0, 12),
              data.identity.empty() ? "bytes" : data.identity, data.sha256.substr(0, 12));
}

}  // namespace hourglass::runs
