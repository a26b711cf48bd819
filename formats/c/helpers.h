#pragma once

#include <set>
#include <string>
#include <vector>

namespace hourglass::formats::c {

/// A function of generated files that layers share. In its text "@" stands for the file's name and
/// an underscore.
struct Helper {
  std::string name;                     ///< "dense"
  std::string text;                     ///< with its formula in a comment
  std::vector<std::string> needs = {};  ///< others, which stand before it
};

/// All helpers, in an order in which C can read them.
const std::vector<Helper>& helpers();

/// The texts of these helpers and of those they need.
std::string helper_texts(const std::set<std::string>& wanted, const std::string& prefix);

}  // namespace hourglass::formats::c
