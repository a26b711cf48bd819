#include "hourglass/cli/fast_inference.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/file_kind.h"
#include "hourglass/formats/model_files.h"
#include "hourglass/formats/script.h"
#include "hourglass/models/tensors.h"
#include "hourglass/runs/card_model.h"
#include "hourglass/training/fused_inference.h"

#include <exception>
#include <string>

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

models::AutoencoderPtr model_of_card(const formats::ModelCard& card, const std::string& path) {
  try {
    return runs::model_of(card);
  } catch (const Error& error) {
    // Whatever is wrong is the card's fault and not the command line's.
    throw Error("{}: its card describes no model of this program: {}", path, error.what());
  } catch (const std::exception&) {  // memory, above all; LibTorch's message is pages long
    throw Error("{}: cannot build the model that its card describes: is there memory for it?",
                path);
  }
}

evaluation::ExportedModel open_tensors(const std::filesystem::path& path, at::Device device) {
  const formats::ModelTensors file = formats::read_model_tensors(path);
  const models::AutoencoderPtr model = model_of_card(file.card, path.string());
  models::load_tensors(*model, file.tensors, path.string());
  return evaluation::ExportedModel::of(formats::script_of(*model, file.card), path, device);
}

}  // namespace

evaluation::ExportedModel load_model(const std::filesystem::path& path, at::Device device) {
  const bool is_data = formats::file_kind(path) == formats::FileKind::Safetensors;
  auto model = is_data ? open_tensors(path, device) : evaluation::ExportedModel::load(path, device);
  if (device.is_cpu()) model.compute_with(inference_of);
  return model;
}

}  // namespace hourglass::cli
