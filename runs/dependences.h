#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/recipes/variant.h"

#include <string>
#include <vector>

namespace hourglass::runs {

/// What all variants' options depend on: those of a likelihood and of data.
const std::vector<recipes::Dependence>& common_dependences();

/// Whether the option does anything beside the values that the others have (see
/// `recipes::Dependence`). `table` is that of a run of this variant.
bool has_effect(const recipes::Variant& variant, const FieldTable& table,
                const std::string& option);

/// Throws `UsageError` for the first of the options somebody gave that does nothing. Values that
/// recipes and files brought are not his, and are not to be among them.
void refuse_without_effect(const recipes::Variant& variant, const FieldTable& table,
                           const std::vector<std::string>& given);

}  // namespace hourglass::runs
