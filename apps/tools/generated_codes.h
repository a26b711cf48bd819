#pragma once

#include "hourglass/apps/tools/code_points.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/generation.h"
#include "hourglass/evaluation/sampler_file.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::apps {

/// What `generate` decodes. Components, as in the columns of `encode`, and rows are counted from 0.
struct CodeOptions {
  // One of these says what to generate.
  CodePoints at;
  int64_t samples = 0;
  int64_t manifold = 0;
  std::vector<int64_t> interpolate;
  std::optional<int64_t> traverse;

  int64_t steps = 10;
  bool spherical = false;
  std::vector<int64_t> dims = {0, 1};
  evaluation::Sampler sampler;
  std::string save_sampler, load_sampler;
  uint64_t seed = 1;

  void describe(FieldTable& table);
};

/// Throws `UsageError` unless one thing is asked for, and rightly, on a line and of a model that is told
/// `condition`.
void check(const CodeOptions& options, const ToolCondition& condition,
           const cli::CommandLine& line);

/// Throws `UsageError` unless what is asked for can be asked of several models at once.
void check_for_several(const CodeOptions& options);

/// Codes and how to draw what becomes of them.
struct GeneratedCodes {
  at::Tensor codes;            ///< [N, D]
  at::Tensor conditions = {};  ///< [N, K], or undefined where the model takes none
  std::string title;
  std::vector<std::string> captions = {};      ///< one a column of the picture, or none
  std::vector<std::string> row_labels = {""};  ///< one a row of the picture
  int columns = 0;                             ///< of the picture; 0: as suits the number of items
  evaluation::CodeGrid grid = {};              ///< of a manifold
  evaluation::FittedSampler fitted = {};       ///< what samples were drawn from, but for a prior
};

/// What the codes depend on beside their options.
struct CodeSurroundings {
  evaluation::ExportedModel& model;
  const RowOptions& rows;
  const cli::CommandLine& line;
  const OutputOptions& output;
};

/// Reads and encodes rows where the codes depend on them; those have their own conditions. Throws
/// `Error` where the model cannot be asked for such codes, or not told such a condition.
GeneratedCodes make_codes(const CodeOptions& options, const CodeSurroundings& surroundings);

}  // namespace hourglass::apps
