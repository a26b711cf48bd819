#include "hourglass/cli/fast_inference.h"

#include "hourglass/core/error.h"
#include "hourglass/models/tensors.h"
#include "hourglass/runs/card_model.h"
#include "hourglass/training/fused_inference.h"

namespace hourglass::cli {
namespace {

/// Null where the card's model is not one of this program's, or not one that the layers compute: the
/// file's own program, which is there in any case, does it then.
std::shared_ptr<models::Inference> inference_of(const evaluation::ExportedModel& exported) {
  if (!exported.card()) return nullptr;
  try {
    const models::AutoencoderPtr model = runs::model_of(*exported.card());
    models::load_tensors(*model, exported.tensors(), exported.path().string());
    return training::make_fused_inference(*model);
  } catch (const Error&) {
    return nullptr;
  }
}

}  // namespace

evaluation::ExportedModel load_model(const std::filesystem::path& path, at::Device device) {
  auto model = evaluation::ExportedModel::load(path, device);
  if (device.is_cpu()) model.compute_with(inference_of);
  return model;
}

}  // namespace hourglass::cli
