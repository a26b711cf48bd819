#include "hourglass/runs/tensorboard_log.h"

#include <string>
#include <vector>

namespace hourglass::runs {

training::Verdict TensorboardLog::on_epoch_end(const training::EpochReport& report,
                                               const training::TrainingStatePtr& /*state*/) {
  std::vector<formats::TensorboardScalar> scalars;
  for (const auto& [name, value] : report.training) scalars.push_back({name + "/train", value});
  for (const auto& [name, value] : report.validation) {
    scalars.push_back({name + "/validation", value});
  }
  scalars.push_back({"learning_rate", report.learning_rate});
  file_.add(report.epoch, scalars);
  return training::Verdict::Continue;
}

}  // namespace hourglass::runs
