#include "hourglass/evaluation/anomaly_ensemble.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

namespace hourglass::evaluation {
namespace {

namespace fs = std::filesystem;

constexpr int kEnsembleFormat = 1;

/// The sum over scores of the means over their members, of each member's deviations [N].
at::Tensor combined(const AnomalyDetector& ensemble, const std::vector<at::Tensor>& deviations) {
  std::map<AnomalyScore, std::vector<at::Tensor>> by_score;
  for (size_t i = 0; i < deviations.size(); ++i) {
    by_score[ensemble.members[i]->detector.options.score].push_back(deviations[i]);
  }
  at::Tensor sum;
  for (const auto& [score, of_members] : by_score) {
    const at::Tensor mean = at::stack(of_members).mean(0);
    sum = sum.defined() ? sum + mean : mean;
  }
  return sum;
}

std::shared_ptr<const EnsembleMember> fit_member(const MemberModel& asked,
                                                 const NormalRows& training) {
  EnsembleMember member = {.model = asked.model};
  member.detector = fit_detector(*asked.model, training, {.score = asked.score});
  member.scale = fit_common_scale(member.detector.normal_scores);
  return std::make_shared<const EnsembleMember>(std::move(member));
}

nlohmann::json member_to_json(const EnsembleMember& member, const fs::path& folder) {
  const fs::path file = fs::proximate(member.model->path(), folder);
  return {{"file", file.generic_string()},
          {"detector", to_json(member.detector, *member.model)},
          {"median", member.scale.median},
          {"spread", member.scale.spread}};
}

std::shared_ptr<const EnsembleMember> member_from_json(const formats::JsonFields& fields,
                                                       const fs::path& path,
                                                       const ModelLoader& load) {
  EnsembleMember member;
  member.model = load(path.parent_path() / fields.get<std::string>("file"));
  member.detector = detector_from_json(fields.object("detector"), *member.model, path.string());
  member.scale = {.median = fields.get<double>("median"), .spread = fields.get<double>("spread")};
  if (!(member.scale.spread >= 0)) fields.fail("spread", "a number of at least 0");
  return std::make_shared<const EnsembleMember>(std::move(member));
}

}  // namespace

AnomalyDetector fit_ensemble(const std::vector<MemberModel>& members, const NormalRows& training,
                             const ThresholdRule& threshold,
                             const std::function<void(size_t member)>& begins) {
  AnomalyDetector ensemble = {.scaling = training.scaling, .normal_rows = training.text};
  ensemble.options.threshold = threshold;
  std::vector<at::Tensor> deviations;
  for (size_t i = 0; i < members.size(); ++i) {
    if (begins) begins(i);
    ensemble.members.push_back(fit_member(members[i], training));
    const EnsembleMember& member = *ensemble.members.back();
    deviations.push_back(member.scale.deviations(member.detector.normal_scores));
  }
  ensemble.normal_scores = combined(ensemble, deviations);
  ensemble.threshold = fit_threshold(ensemble.normal_scores, threshold);
  return ensemble;
}

AnomalyScorer ensemble_scorer(const AnomalyDetector& ensemble) {
  std::vector<AnomalyScorer> scorers;
  for (const auto& member : ensemble.members) {
    scorers.push_back(scorer_of(*member->model, member->detector));
  }
  return [ensemble, scorers = std::move(scorers)](const Batch& batch) {
    std::vector<at::Tensor> deviations;
    for (size_t i = 0; i < scorers.size(); ++i) {
      deviations.push_back(ensemble.members[i]->scale.deviations(scorers[i](batch)));
    }
    return combined(ensemble, deviations);
  };
}

std::string ensemble_text(const AnomalyDetector& ensemble, const fs::path& folder) {
  nlohmann::json members = nlohmann::json::array();
  for (const auto& member : ensemble.members) members.push_back(member_to_json(*member, folder));
  return formats::json_text({{"format", kEnsembleFormat},
                             {"rule", ensemble.options.threshold.text()},
                             {"threshold", ensemble.threshold},
                             {"normal_rows", ensemble.normal_rows},
                             {"scaling", formats::scaling_to_json(ensemble.scaling)},
                             {"members", members}}) +
         "\n";
}

AnomalyDetector load_ensemble(const fs::path& path, const ModelLoader& load) {
  const nlohmann::json object = formats::parse_json(read_file(path), path.string());
  const formats::JsonFields fields(object, path.string());
  formats::read_format(fields, kEnsembleFormat);
  const auto rule = ThresholdRule::parse(fields.get<std::string>("rule"));
  if (!rule) fields.fail("rule", ThresholdRule::expects());
  AnomalyDetector ensemble = {.threshold = fields.get<double>("threshold"),
                              .scaling = formats::scaling_from_json(fields.object("scaling")),
                              .normal_rows = fields.get<std::string>("normal_rows")};
  ensemble.options.threshold = *rule;
  for (const auto& member : fields.objects("members")) {
    ensemble.members.push_back(member_from_json(member, path, load));
  }
  if (ensemble.members.empty()) fields.fail("members", "at least one model");
  return ensemble;
}

}  // namespace hourglass::evaluation
