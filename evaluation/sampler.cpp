#include "hourglass/evaluation/sampler.h"

#include "hourglass/core/text.h"

#include <fmt/format.h>

namespace hourglass::evaluation {
namespace {

constexpr std::string_view kMixture = "mixture:";

}  // namespace

std::string Sampler::expects() {
  return "auto, prior, gaussian, or mixture:K of K normal distributions";
}

std::optional<Sampler> Sampler::parse(const std::string& text) {
  if (text == "auto") return Sampler{};
  if (text == "prior") return Sampler{.kind = Kind::Prior};
  if (text == "gaussian") return Sampler{.kind = Kind::Gaussian, .components = 1};
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
    case Kind::Mixture: return fmt::format("{}{}", kMixture, components);
  }
  return "";
}

}  // namespace hourglass::evaluation
