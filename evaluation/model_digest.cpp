#include "hourglass/evaluation/model_digest.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/digest.h"

namespace hourglass::evaluation {

std::string model_sha256(const ExportedModel& model) {
  return formats::sha256(read_file(model.path()));
}

void expect_same_model(const ExportedModel& model, const std::string& recorded,
                       const std::string& file) {
  const std::string found = model_sha256(model);
  if (found == recorded) return;
  throw Error("{}: was made with another checkpoint (SHA-256 {}…) than {} ({}…): make it anew",
              file, recorded.substr(0, 12), model.path().string(), found.substr(0, 12));
}

}  // namespace hourglass::evaluation
