#include "hourglass/cli/program_list.h"

#include <algorithm>

namespace hourglass::cli {
namespace {

void drop_shared_beginning(ProgramGroup& group) {
  const std::string& first = group.programs.front().summary;
  const size_t colon = first.find(": ");
  if (colon == std::string::npos || group.programs.size() == 1) return;
  const std::string beginning = first.substr(0, colon + 2);
  for (const auto& program : group.programs) {
    if (!program.summary.starts_with(beginning)) return;
  }
  for (auto& program : group.programs) program.summary.erase(0, beginning.size());
}

}  // namespace

std::vector<ProgramGroup> grouped(const std::vector<ListedProgram>& programs) {
  std::vector<ProgramGroup> groups;
  for (const auto& program : programs) {
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& g) { return g.heading == program.group; });
    if (group == groups.end()) group = groups.insert(groups.end(), ProgramGroup{program.group, {}});
    group->programs.push_back(program);
  }
  for (auto& group : groups) drop_shared_beginning(group);
  return groups;
}

}  // namespace hourglass::cli
