#include "hourglass/evaluation/sampler.h"

#include "hourglass/core/text.h"

#include <fmt/format.h>

namespace hourglass::evaluation {
namespace {

constexpr std::string_view kMixture = "mixture:";

}  // namespace

std::string Sampler::expects() {
  return "auto, prior, gaussian, mixture:K of K normal distributions, maf, two-stage or "
         "autoregressive";
}

std::optional<Sampler> Sampler::parse(const std::string& text) {
  if (text == "auto") return Sampler{};
  if (text == "prior") return Sampler{.kind = Kind::Prior};
  if (text == "gaussian") return Sampler{.kind = Kind::Gaussian, .components = 1};
  if (text == "maf") return Sampler{.kind = Kind::Maf};
  if (text == "two-stage") return Sampler{.kind = Kind::TwoStage};
  if (text == "autoregressive") return Sampler{.kind = Kind::Autoregressive};
  if (text == "mixture") return Sampler{.kind = Kind::Mixture};
  if (!text.starts_with(kMixture)) return {};
  const auto components = parse_integer(text.substr(kMixture.size()));
  if (!components || *components < 1) return {};
  return Sampler{.kind = Kind::Mixture, .components = *components};
}

std::string Sampler::text() const {
  switch (kind) {
    case Kind::Auto: return "auto";
    case Kind::Prior: return "prior";
    case Kind::Gaussian: return "gaussian";
    case Kind::Maf: return "maf";
    case Kind::TwoStage: return "two-stage";
    case Kind::Autoregressive: return "autoregressive";
    case Kind::Mixture: return fmt::format("{}{}", kMixture, components);
  }
  return "";
}

std::string Sampler::what() const {
  switch (kind) {
    case Kind::Auto: return "";
    case Kind::Prior: return "the standard normal distribution";
    case Kind::Gaussian: return "a Gaussian";
    case Kind::Maf: return "a masked autoregressive flow";
    case Kind::TwoStage: return "a second variational autoencoder";
    case Kind::Autoregressive: return "an autoregressive prior";
    case Kind::Mixture:
      return components == 1 ? "a Gaussian" : fmt::format("a mixture of {} Gaussians", components);
  }
  return "";
}

}  // namespace hourglass::evaluation
