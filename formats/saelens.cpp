#include "hourglass/formats/saelens.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/safetensors.h"
#include "hourglass/models/sparsity.h"

#include <ATen/ATen.h>

#include <string>

namespace hourglass::formats {
namespace {

using models::Sparsity;

/// The version whose folders these are; without it SAELens takes them for older ones.
constexpr const char* kSaeLensVersion = "6.54.12";

std::string sparsity_text(const ModelCard& card) {
  return card.options.find<std::string>("sparsity").value_or("none");
}

Sparsity sparsity_of(const ModelCard& card) {
  if (!is_saelens_model(card)) {
    throw Error(
        "saelens: expected a model of sparse_autoencoder whose sparsity is topk, batch-topk, "
        "matryoshka-batch-topk, jumprelu, gated or standard, found the variant '{}' with sparsity "
        "{}",
        card.variant, sparsity_text(card));
  }
  return *Sparsity::parse(sparsity_text(card));
}

/// What stored values were multiplied by.
double factor_of(const ModelCard& card) {
  if (!card.data) return 1;
  const datasets::Scaling& scaling = card.data->scaling;
  if (scaling.factor.size() != 1 || scaling.offset != std::vector<double>{0.0} ||
      !scaling.curves.empty()) {
    throw Error(
        "saelens: expected data scaled by one factor, which its weights can take in, found a "
        "scaling by column; train with --scale none, norm or max:V");
  }
  return scaling.factor.front();
}

const at::Tensor& tensor_of(const ModelTensors& model, const std::string& name) {
  const auto found = model.tensors.find(name);
  if (found == model.tensors.end())
    throw Error("saelens: expected the model's tensor '{}', found none of that name", name);
  return found->second;
}

bool is_set(const ModelCard& card, const std::string& option) {
  return card.options.find<bool>(option).value_or(false);
}

/// The threshold of a batch as one for each unit, in units of the folded code.
at::Tensor threshold_of(const ModelTensors& model, const Sparsity& sparsity, bool is_folded,
                        double factor) {
  if (sparsity.kind == Sparsity::Kind::JumpRelu)
    return tensor_of(model, "latents.threshold").clamp_min(0);
  const double one = tensor_of(model, "latents.batch_threshold").item<double>();
  return at::full({tensor_of(model, "encoder.dense1.weight").size(0)},
                  is_folded ? one / factor : one);
}

std::string architecture_of(const Sparsity& sparsity) {
  switch (sparsity.kind) {
    case Sparsity::Kind::TopK: return "topk";
    case Sparsity::Kind::Gated: return "gated";
    case Sparsity::Kind::Standard: return "standard";
    default: return "jumprelu";
  }
}

}  // namespace

bool is_saelens_model(const ModelCard& card) {
  const auto sparsity = Sparsity::parse(sparsity_text(card));
  return sparsity && sparsity->is_dictionary();
}

void check_saelens(const ModelCard& card) {
  sparsity_of(card);
  factor_of(card);
}

SaeLensModel saelens_model(const ModelTensors& model) {
  const Sparsity sparsity = sparsity_of(model.card);
  const double factor = factor_of(model.card);
  const bool is_gated = sparsity.kind == Sparsity::Kind::Gated;
  const bool is_folded = sparsity.chooses_strongest() && !is_set(model.card, "unscaled_selection");

  at::Tensor encoder = tensor_of(model, "encoder.dense1.weight").t() * factor;  // [D, W]
  at::Tensor bias = tensor_of(model, "encoder.dense1.bias");                    // [W]
  at::Tensor decoder = tensor_of(model, "decoder.dense1.weight").t() / factor;  // [W, D]
  if (is_folded) {
    const at::Tensor lengths = decoder.norm(2, {1});
    const at::Tensor norms = at::where(lengths > 0, lengths, at::ones_like(lengths));
    encoder = encoder * norms;
    bias = bias * norms;
    decoder = decoder / norms.unsqueeze(1);
  }

  SaeLensModel sae;
  sae.configuration = {{"architecture", architecture_of(sparsity)},
                       {"d_in", decoder.size(1)},
                       {"d_sae", decoder.size(0)},
                       {"dtype", "float32"},
                       {"device", "cpu"},
                       {"apply_b_dec_to_input", !is_set(model.card, "no_pre_bias")},
                       {"normalize_activations", "none"},
                       {"reshape_activations", "none"},
                       {"metadata", {{"sae_lens_version", kSaeLensVersion}}}};
  sae.weights = {{"W_enc", encoder},
                 {"W_dec", decoder},
                 {"b_dec", tensor_of(model, "decoder.dense1.bias") / factor},
                 {is_gated ? "b_gate" : "b_enc", bias}};
  if (is_gated) {
    sae.weights["b_mag"] = tensor_of(model, "latents.magnitude_bias");
    sae.weights["r_mag"] = tensor_of(model, "latents.log_scale");
  }
  if (sparsity.kind == Sparsity::Kind::TopK) {
    sae.configuration["k"] = sparsity.k;
    sae.configuration["rescale_acts_by_decoder_norm"] = false;  // they are 1, or do not count
  }
  if (architecture_of(sparsity) == "jumprelu") {
    sae.weights["threshold"] = threshold_of(model, sparsity, is_folded, factor);
  }
  for (auto& [name, tensor] : sae.weights) tensor = tensor.detach().to(at::kFloat).contiguous();
  return sae;
}

void write_saelens(const std::filesystem::path& folder, const ModelTensors& model) {
  const SaeLensModel sae = saelens_model(model);
  TensorFile file;
  for (const auto& [name, tensor] : sae.weights) file.tensors.push_back({name, tensor});
  write_safetensors(folder / "sae_weights.safetensors", file);
  write_file_atomically(folder / "cfg.json", sae.configuration.dump(1) + "\n");
}

}  // namespace hourglass::formats
