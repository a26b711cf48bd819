#pragma once

#include "hourglass/apps/tools/code_points.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/mixture.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

// The codes that `generate` decodes.

namespace hourglass::apps {

/// Where samples come from: N(0, I), or a mixture of Gaussians fitted on the training codes.
enum class Prior { Auto, Gaussian, Mixture };
constexpr auto names_of(Prior) {
  return std::to_array<EnumName<Prior>>(
      {{Prior::Auto, "auto"}, {Prior::Gaussian, "gaussian"}, {Prior::Mixture, "mixture"}});
}

/// Components are counted from 1, as in the columns of `encode`; rows from 0.
struct CodeOptions {
  // One of these says what to generate.
  CodePoints at;
  int64_t samples = 0;
  int64_t manifold = 0;              ///< side of the grid
  std::vector<int64_t> interpolate;  ///< two rows
  int64_t traverse = 0;              ///< a component

  int64_t steps = 10;
  bool spherical = false;
  std::vector<int64_t> dims = {1, 2};
  Prior prior = Prior::Auto;
  evaluation::MixtureOptions mixture;

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// Throws `UsageError` unless one thing is asked for, and rightly.
void check(const CodeOptions& options);

/// Codes and how to draw what becomes of them.
struct GeneratedCodes {
  at::Tensor codes;  ///< [N, D]
  std::string title;
  std::vector<std::string> captions;           ///< one a column of the picture, or none
  std::vector<std::string> row_labels = {""};  ///< one a row of the picture
  int columns = 0;                             ///< of the picture; 0: as suits the number of items
  evaluation::CodeGrid grid = {};              ///< of a manifold
};

/// What the codes depend on beside their options.
struct CodeSurroundings {
  evaluation::ExportedModel& model;
  const RowOptions& rows;
  const cli::CommandLine& line;
  const OutputOptions& output;
};

/// Reads and encodes rows where the codes depend on them.
GeneratedCodes make_codes(const CodeOptions& options, const CodeSurroundings& surroundings);

}  // namespace hourglass::apps
