#include "hourglass/runs/dependences.h"

#include "hourglass/core/error.h"
#include "hourglass/sources/source.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace hourglass::runs {
namespace {

using recipes::Dependence;
using sources::Source;

/// Tells whether a data set is of one of these kinds.
std::function<bool(const std::string&)> source_of(std::vector<Source::Kind> kinds) {
  return [kinds = std::move(kinds)](const std::string& set) {
    if (set.empty()) return false;  // as `targets` mostly are
    try {
      const Source::Kind kind = sources::parse_source(set, "dataset").kind;
      return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
    } catch (const UsageError&) {
      return true;  // What is no data set at all is refused as that.
    }
  };
}

bool is_met(const Dependence& dependence, const FieldTable& table) {
  return std::any_of(dependence.on.begin(), dependence.on.end(), [&](const std::string& other) {
    return dependence.is_expected(table.find(other)->value_text());
  });
}

/// What the option depends on in vain; null where it has an effect.
const Dependence* unmet(const recipes::Variant& variant, const FieldTable& table,
                        const std::string& option) {
  for (const auto* list : {&variant.dependences, &common_dependences()}) {
    for (const auto& dependence : *list) {
      const auto& options = dependence.options;
      const bool depends = std::find(options.begin(), options.end(), option) != options.end();
      if (depends && !is_met(dependence, table)) return &dependence;
    }
  }
  return nullptr;
}

}  // namespace

const std::vector<Dependence>& common_dependences() {
  using enum Source::Kind;
  static const std::vector<Dependence> all = {
      {.options = {"levels"},
       .on = {"loss"},
       .expected = "logistic",
       .is_expected = [](const std::string& value) { return value == "logistic"; }},
      {.options = {"output_bias"},
       .on = {"init_from"},
       .expected = "empty",
       .is_expected = [](const std::string& value) { return value.empty(); }},
      {.options = {"noise"},
       .on = {"corruption"},
       .expected = "mask:P, salt-pepper:P or gaussian:S",
       .is_expected = [](const std::string& value) { return value != "none"; }},
      {.options = {"label_column"},
       .on = {"dataset", "targets"},
       .expected = "csv:PATH",
       .is_expected = source_of({Csv})},
      {.options = {"header"},
       .on = {"dataset", "targets"},
       .expected = "csv:PATH, series:FILE or interactions:FILE",
       .is_expected = source_of({Csv, Series, Interactions})},
      {.options = {"map_above"},
       .on = {"dataset", "targets"},
       .expected = "csv:PATH, npy:, npz:, safetensors: or raw:",
       .is_expected = source_of({Csv, Arrays, Npz})},
      {.options = {"impute"},
       .on = {"dataset"},
       .expected = "csv:PATH",
       .is_expected = source_of({Csv})},
  };
  return all;
}

bool has_effect(const recipes::Variant& variant, const FieldTable& table,
                const std::string& option) {
  return !unmet(variant, table, option);
}

void refuse_without_effect(const recipes::Variant& variant, const FieldTable& table,
                           const std::vector<std::string>& given) {
  for (const auto& option : given) {
    const Dependence* dependence = unmet(variant, table, option);
    if (!dependence) continue;
    const std::string& other = dependence->on.front();
    throw UsageError("`{}`: expected `{}` {} with it, found '{}'; leave it out", option, other,
                     dependence->expected, table.find(other)->value_text());
  }
}

}  // namespace hourglass::runs
