#include "hourglass/runs/option_file.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/formats/json.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/runs/run_record.h"

#include <set>
#include <utility>

namespace hourglass::runs {
namespace {

/// What decides where options come from is said on the command line, not in one of the places.
const std::set<std::string> kNotInFiles = {"architecture", "config", "list_recipes", "resume"};

void check_variant(const std::string& where, const std::string& found,
                   const std::string& expected) {
  if (found.empty() || found == expected) return;
  throw Error("{}: expected options of a {} autoencoder, found those of '{}'", where, expected,
              found);
}

OptionFile from_record(const nlohmann::json& record, const std::string& where,
                       const std::string& variant) {
  RunRecord run = run_record_from_json(record, where);
  check_variant(where, run.variant, variant);
  return {.where = where, .recipe = run.recipe, .options = std::move(run.options)};
}

/// The object's text under `key`, which is taken out.
std::string take_text(nlohmann::json& object, const std::string& key, const std::string& where) {
  auto text = formats::JsonFields(object, where).find<std::string>(key).value_or("");
  object.erase(key);
  return text;
}

OptionFile from_handwriting(nlohmann::json object, const std::string& where,
                            const std::string& variant) {
  OptionFile file{.where = where, .recipe = "", .options = {}, .written_by_hand = true};
  check_variant(where, take_text(object, "variant", where), variant);
  file.recipe = take_text(object, "recipe", where);
  nlohmann::json options = nlohmann::json::object();
  for (const auto& [key, value] : object.items()) {
    const std::string name = replaced(key, '-', '_');
    if (kNotInFiles.contains(name)) {
      throw Error("{}: '{}': expected on the command line, not in a file", where, key);
    }
    if (options.contains(name)) {
      throw Error("{}: '{}': expected once, found with dashes and with underscores", where, key);
    }
    options[name] = value;
  }
  file.options = formats::RecordedOptions(std::move(options));
  return file;
}

[[noreturn]] void unknown_option(const std::string& where, const std::string& name,
                                 const FieldTable& table) {
  const auto owners = networks_with(name);
  if (!owners.empty() && table.find("network")) {
    throw Error("{}: '{}': an option of `network` {}, found `network` {}", where, name,
                join_text(owners, " or "), table.find("network")->value_text());
  }
  throw Error("{}: unknown option '{}'{}", where, name, suggestion(name, table.names()));
}

}  // namespace

OptionFile read_option_file(const std::filesystem::path& path, const std::string& variant) {
  const std::string where = path.string();
  nlohmann::json object = formats::parse_json(read_file(path), where);
  if (!object.is_object()) {
    throw Error(
        "{}: expected a run.json, or an object of options, {{\"epochs\": 20}} say, found "
        "another value",
        where);
  }
  const bool is_record = object.contains("options") && object.contains("data");
  return is_record ? from_record(object, where, variant)
                   : from_handwriting(std::move(object), where, variant);
}

OptionFile read_architecture(const std::filesystem::path& path, const std::string& variant) {
  formats::ModelCard card = formats::parse_card(read_file(path), path.string());
  check_variant(path.string(), card.variant, variant);
  return {.where = path.string(), .recipe = "", .options = std::move(card.options)};
}

void apply(const OptionFile& file, const FieldTable& table) {
  for (const auto& [name, value] : file.options.as_json().items()) {
    if (name == "network") continue;
    const Field* field = table.find(name);
    if (!field || !(field->recorded || file.written_by_hand)) {
      unknown_option(file.where, name, table);
    }
    formats::set_from_json(*field, value, file.where);
  }
}

}  // namespace hourglass::runs
