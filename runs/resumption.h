#pragma once

#include "hourglass/training/trainer.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hourglass::runs {

// The state to resume from, in a run's folder: the latest, and the one before it.
constexpr const char* kStateFile = "last.safetensors";
constexpr const char* kPreviousStateFile = "last.previous.safetensors";

/// What a run goes on from.
struct Resumption {
  training::TrainingStatePtr state;  ///< null: from the beginning
  bool is_previous = false;          ///< not the latest, which cannot be used
  std::vector<std::string> notes;    ///< for the user, where it is not the latest
};

/// The latest state in the folder that is whole and whose rows of `metrics.csv` are there as they
/// were. Throws `Error` that says what is wrong with the latest where there are states and none can
/// be used.
Resumption find_resumption(const std::filesystem::path& folder);

/// Writes the state beside the one that was the latest, which becomes the one before: at any moment
/// there is a whole latest one. `metrics_digest` as in state_file.h.
void replace_state(const std::filesystem::path& folder, const training::TrainingState& state,
                   const std::string& metrics_digest);

/// Gives the state before the latest the latest's place.
void go_back_to_previous_state(const std::filesystem::path& folder);

}  // namespace hourglass::runs
