#include "hourglass/models/code_prior.h"

#include "hourglass/core/error.h"
#include "hourglass/core/fields.h"
#include "hourglass/core/text.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/widths.h"

#include <fmt/format.h>

#include <string_view>

namespace hourglass::models {
namespace {

constexpr std::string_view kStandard = "standard", kVamp = "vamp:", kLayer = "layer:";

/// What is learned is one prior for all items.
void expect_no_condition(const Autoencoder& model, const char* prior) {
  if (model.condition_width() == 0) return;
  throw UsageError(
      "`prior` {}: expected a model that takes items alone, found one that is told a condition",
      prior);
}

/// Pseudo-inputs go through the encoder by themselves, and are no rows.
void expect_encoder_of_items(const Autoencoder& model) {
  for (const auto& entry : model.plan().encoder) {
    if (!entry.layer.tensors.contains("running_mean") && entry.layer.kind != "dropout") continue;
    throw UsageError(
        "`prior` vamp: expected an encoder without batch normalization and dropout, found {}",
        entry.name);
  }
}

void expect_vectors(const Shape& code) {
  if (code.size() == 1) return;
  throw UsageError("`prior` layer: expected codes that are vectors, found maps of {}",
                   shape_text(code));
}

}  // namespace

std::string CodePrior::expects() {
  return "standard, vamp:K, a mixture at K learned pseudo-inputs (K at least 1), or layer:N,...,N, "
         "a second layer of codes (widths of hidden layers, then of its code)";
}

std::optional<CodePrior> CodePrior::parse(const std::string& text) {
  if (text == kStandard) return CodePrior{};
  if (text.starts_with(kVamp)) {
    const auto count = parse_integer(text.substr(kVamp.size()));
    if (!count || *count < 1) return {};
    return CodePrior{.pseudo_inputs = *count};
  }
  if (!text.starts_with(kLayer)) return {};
  const auto widths = Widths::parse(text.substr(kLayer.size()));
  if (!widths || widths->automatic()) return {};
  return CodePrior{.second_layer = widths->value()};
}

std::string CodePrior::text() const {
  if (pseudo_inputs > 0) return fmt::format("{}{}", kVamp, pseudo_inputs);
  if (second_layer.empty()) return std::string(kStandard);
  return fmt::format("{}{}", kLayer, TextCodec<std::vector<int64_t>>::format(second_layer));
}

void check(const CodePrior& prior, const Autoencoder& model) {
  if (prior.pseudo_inputs > 0) {
    expect_no_condition(model, "vamp");
    expect_encoder_of_items(model);
  } else if (!prior.second_layer.empty()) {
    expect_no_condition(model, "layer");
    expect_vectors(model.code_shape());
  }
}

}  // namespace hourglass::models
