#include "hourglass/evaluation/sampler.h"

#include "hourglass/core/text.h"

#include <fmt/format.h>

namespace hourglass::evaluation {
namespace {

/// Samplers of K components, where K may be left out.
struct CountedForm {
  Sampler::Kind kind;
  const char* name;
  int64_t usual;
};
constexpr CountedForm kCounted[] = {{Sampler::Kind::Mixture, "mixture", 10},
                                    {Sampler::Kind::Vamp, "vamp", 500}};

}  // namespace

std::string Sampler::expects() {
  return "auto, prior, gaussian, mixture:K of K normal distributions, vamp:K of K training rows, "
         "maf, two-stage or autoregressive";
}

std::optional<Sampler> Sampler::parse(const std::string& text) {
  if (text == "auto") return Sampler{};
  if (text == "prior") return Sampler{.kind = Kind::Prior};
  if (text == "gaussian") return Sampler{.kind = Kind::Gaussian, .components = 1};
  if (text == "maf") return Sampler{.kind = Kind::Maf};
  if (text == "two-stage") return Sampler{.kind = Kind::TwoStage};
  if (text == "autoregressive") return Sampler{.kind = Kind::Autoregressive};
  const size_t colon = text.find(':');
  for (const auto& form : kCounted) {
    if (text.substr(0, colon) != form.name) continue;
    const auto components = colon == std::string::npos ? std::optional(form.usual)
                                                       : parse_integer(text.substr(colon + 1));
    if (components.value_or(0) >= 1) return Sampler{form.kind, *components};
  }
  return {};
}

std::string Sampler::text() const {
  switch (kind) {
    case Kind::Auto: return "auto";
    case Kind::Prior: return "prior";
    case Kind::Gaussian: return "gaussian";
    case Kind::Maf: return "maf";
    case Kind::TwoStage: return "two-stage";
    case Kind::Autoregressive: return "autoregressive";
    case Kind::Mixture: return fmt::format("mixture:{}", components);
    case Kind::Vamp: return fmt::format("vamp:{}", components);
  }
  return "";
}

std::string Sampler::what() const {
  switch (kind) {
    case Kind::Auto: return "";
    case Kind::Prior: return "the standard normal distribution";
    case Kind::Gaussian: return "a Gaussian";
    case Kind::Maf: return "a masked autoregressive flow";
    case Kind::Vamp: return fmt::format("the posteriors of {} training rows", components);
    case Kind::TwoStage: return "a second variational autoencoder";
    case Kind::Autoregressive: return "an autoregressive prior";
    case Kind::Mixture:
      return components == 1 ? "a Gaussian" : fmt::format("a mixture of {} Gaussians", components);
  }
  return "";
}

void describe(FieldTable& table, Sampler& sampler) {
  table
      .add("sampler", sampler,
           "where codes are drawn from: prior (the model's own), or fitted on the training codes: "
           "gaussian, mixture:K (of K Gaussians), vamp:K (the distributions of K training rows' "
           "codes), maf (a masked autoregressive flow), two-stage (a second variational "
           "autoencoder) or autoregressive (of codes that are indices, one after the other); auto: "
           "prior for models that have one, autoregressive for indices, mixture:10 for others")
      .shown_as("HOW");
}

}  // namespace hourglass::evaluation
