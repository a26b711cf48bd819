#include "hourglass/runs/consequences.h"

#include "hourglass/training/optimizer.h"

#include <algorithm>

namespace hourglass::runs {
namespace {

/// An optimizer does without what recipes, or other options, bring for another one.
void leave_out_of_other_optimizers(const std::string& optimizer, const FieldTable& table,
                                   std::vector<FollowingDefault>& following) {
  for (const auto& [option, value, kinds] : training::options_of_kinds()) {
    const Field* field = table.find(option);
    const bool has_it = std::ranges::any_of(
        kinds, [&](training::OptimizerKind kind) { return enum_name(kind) == optimizer; });
    if (has_it || field->value_text() == "none") continue;
    field->set("none");
    following.push_back({.option = option, .cause = "optimizer", .value = optimizer});
  }
}

}  // namespace

std::vector<FollowingDefault> set_consequences(const recipes::Variant& variant,
                                               const GivenValue& given, const FieldTable& table) {
  std::vector<FollowingDefault> following;
  for (const auto& consequence : variant.consequences) {
    const auto value = given(consequence.option);
    if (!value || !consequence.applies_to(*value) ||
        consequence.applies_to(table.find(consequence.option)->value_text())) {
      continue;
    }
    for (const auto& [option, text] : consequence.defaults) {
      const Field* field = table.find(option);
      if (!field) continue;
      field->set(text);
      following.push_back({.option = option, .cause = consequence.option, .value = *value});
    }
  }
  const std::string optimizer = given("optimizer").value_or(table.find("optimizer")->value_text());
  leave_out_of_other_optimizers(optimizer, table, following);
  return following;
}

}  // namespace hourglass::runs
