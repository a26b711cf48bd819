#pragma once

#include <string>
#include <vector>

namespace hourglass::cli {

/// A program in the list of all.
struct ListedProgram {
  std::string name, group, summary;
};

/// Programs under one heading.
struct ProgramGroup {
  std::string heading;
  std::vector<ListedProgram> programs;
};

/// The programs by group, both in the order given. What all summaries of a group begin with, up to
/// a colon ("Trains an autoencoder: "), is left out.
std::vector<ProgramGroup> grouped(const std::vector<ListedProgram>& programs);

}  // namespace hourglass::cli
