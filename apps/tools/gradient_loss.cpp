#include "hourglass/apps/tools/gradient_loss.h"

#include "hourglass/core/fields.h"
#include "hourglass/core/text.h"

namespace hourglass::apps {

std::string GradientLoss::expects() { return "one of " + join_text(choices()); }

std::vector<std::string> GradientLoss::choices() {
  std::vector<std::string> names;
  for (const auto& [loss, name] : names_of(models::Loss{})) {
    if (models::follows_from_mean(loss)) names.emplace_back(name);
  }
  return names;
}

std::optional<GradientLoss> GradientLoss::parse(const std::string& text) {
  const auto loss = TextCodec<models::Loss>::parse(text);
  if (!loss || !models::follows_from_mean(*loss)) return {};
  return GradientLoss{*loss};
}

}  // namespace hourglass::apps
