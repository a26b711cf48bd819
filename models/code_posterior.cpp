#include "hourglass/models/code_posterior.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <string_view>

namespace hourglass::models {
namespace {

constexpr const char* kGaussian = "gaussian";
constexpr std::string_view kFlow = "iaf";
constexpr int64_t kUsualSteps = 2, kMostSteps = 100;

}  // namespace

std::string CodePosterior::expects() {
  return "gaussian or iaf:T, an inverse autoregressive flow of T steps (1 to 100; iaf: 2)";
}

std::optional<CodePosterior> CodePosterior::parse(const std::string& text) {
  if (text == kGaussian) return CodePosterior{};
  const size_t colon = text.find(':');
  if (text.substr(0, colon) != kFlow) return {};
  const auto steps = colon == std::string::npos ? std::optional(kUsualSteps)
                                                : parse_integer(text.substr(colon + 1));
  if (steps.value_or(0) < 1 || *steps > kMostSteps) return {};
  return CodePosterior{.flow_steps = *steps};
}

std::string CodePosterior::text() const {
  return is_gaussian() ? kGaussian : fmt::format("{}:{}", kFlow, flow_steps);
}

void check(const CodePosterior& posterior, const CodePrior& prior) {
  if (posterior.is_gaussian() || prior.pseudo_inputs == 0) return;
  throw UsageError(
      "`prior` vamp: expected `posterior` gaussian, whose density is known at any code, found {}",
      posterior.text());
}

}  // namespace hourglass::models
