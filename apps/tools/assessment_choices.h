#pragma once

#include "hourglass/apps/tools/tool.h"
#include "hourglass/evaluation/assessment.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace hourglass::apps {

/// What `evaluate` measures beside errors and codes, each where it is asked for.
struct AssessmentChoices {
  int64_t samples = 0, annealed = 0, generation = 0;
  evaluation::Sampler sampler;
  std::string features, factors, dictionary, dictionary_rows;

  void describe(FieldTable& table);
};

/// Throws `UsageError` for an option without the one it belongs to.
void check(const AssessmentChoices& choices);

/// The files that they name, read once for all models.
class AssessmentFiles {
 public:
  AssessmentFiles(const AssessmentChoices& choices, const ModelOptions& model);

  /// Of use as long as this is there.
  evaluation::AssessmentOptions options(std::function<void(const std::string&)> say);

 private:
  const AssessmentChoices& choices_;
  std::optional<evaluation::KnownDictionary> dictionary_;
  std::optional<evaluation::ExportedModel> features_;
  std::optional<evaluation::Factors> factors_;
};

}  // namespace hourglass::apps
