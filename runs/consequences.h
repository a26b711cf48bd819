#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/recipes/variant.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::runs {

/// The value that somebody gives an option; none where nobody does.
using GivenValue = std::function<std::optional<std::string>(const std::string& option)>;

/// A default that follows from the value of another option.
struct FollowingDefault {
  std::string option;
  std::string cause, value;  ///< the other one, and the value it is given
};

/// Sets the defaults that follow from what is given (see `recipes::Consequence`), and tells which.
/// The fields still have the recipe's values; what is given itself is set afterwards, and so stays.
std::vector<FollowingDefault> set_consequences(const recipes::Variant& variant,
                                               const GivenValue& given, const FieldTable& table);

}  // namespace hourglass::runs
