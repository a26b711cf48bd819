#include "hourglass/cli/fast_inference.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/file_kind.h"
#include "hourglass/formats/model_files.h"
#include "hourglass/formats/script.h"
#include "hourglass/models/tensors.h"
#include "hourglass/runs/card_model.h"
#include "hourglass/training/fused_inference.h"

#include <new>
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

/// The model that a safetensors file is of, by its card.
models::AutoencoderPtr rebuilt(const formats::ModelTensors& file, const std::string& path) {
  try {
    const models::AutoencoderPtr model = runs::model_of(file.card);
    models::load_tensors(*model, file.tensors, path);
    return model;
  } catch (const std::bad_alloc&) {
    throw Error("{}: not enough memory for the model that its card describes", path);
  } catch (const UsageError& error) {  // of the card's options, not of the command line's
    throw Error("{}: its card describes no model of this program: {}", path, error.what());
  }
}

evaluation::ExportedModel open_tensors(const std::filesystem::path& path, at::Device device) {
  const formats::ModelTensors file = formats::read_model_tensors(path);
  const models::AutoencoderPtr model = rebuilt(file, path.string());
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
