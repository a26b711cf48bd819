#include "hourglass/runs/consequences.h"

namespace hourglass::runs {

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
  return following;
}

}  // namespace hourglass::runs
