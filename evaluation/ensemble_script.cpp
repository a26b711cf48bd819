#include "hourglass/evaluation/ensemble_script.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/anomaly_ensemble.h"
#include "hourglass/evaluation/loaded_script.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

namespace hourglass::evaluation {
namespace {

using formats::Script;

Script script_of_member(const EnsembleMember& member) {
  Script script = script_of(*member.model);
  if (script.card.condition) {
    throw Error("{}: expected a member that takes items alone, found one that is told a condition",
                member.model->path().string());
  }
  add_detector(script, *member.model, member.detector);
  return script;
}

/// A member's deviations, as `RobustScale::deviations`.
std::string deviations_source(const std::string& name, const RobustScale& scale) {
  return fmt::format("(self.{}.score(x) - {:.17g}) / {:.17g}", name, scale.median, scale.divisor());
}

/// The sum over scores of the means over their members.
std::string sum_source(const std::map<AnomalyScore, std::vector<std::string>>& deviations) {
  std::vector<std::string> means;
  means.reserve(deviations.size());
  for (const auto& [score, of_members] : deviations) {
    means.push_back(fmt::format("({}) / {}.0", join_text(of_members, " + "), of_members.size()));
  }
  return join_text(means, " + ");
}

}  // namespace

Script script_of_ensemble(const AnomalyDetector& ensemble) {
  std::vector<Script> members;
  std::map<AnomalyScore, std::vector<std::string>> deviations;
  for (const auto& member : ensemble.members) members.push_back(script_of_member(*member));
  const Script& first = members.front();
  Script script = {
      .module = torch::jit::Module(c10::QualifiedName("__torch__.hourglass.ensemble"),
                                   first.module._ivalue()->compilation_unit()),
      .card = {.input_shape = first.card.input_shape, .target_shape = first.card.target_shape},
      .methods = {}};
  script.card.data = first.card.data;
  for (size_t i = 0; i < members.size(); ++i) {
    const EnsembleMember& member = *ensemble.members[i];
    const std::string name = fmt::format("member{}", i + 1);
    script.module.register_module(name, members[i].module);
    deviations[member.detector.options.score].push_back(deviations_source(name, member.scale));
  }
  script.module.register_attribute("training", c10::BoolType::get(), false);
  add_score(script, fmt::format("def score(self, x):\n    return {}\n", sum_source(deviations)),
            ensemble.threshold, {{"x", script.card.input_shape}});
  return script;
}

}  // namespace hourglass::evaluation
