#pragma once

#include "hourglass/models/autoencoder.h"

#include <any>
#include <functional>
#include <memory>

namespace hourglass::recipes {

/// How an objective is described, checked and built without knowing the type of its options, which
/// travel as `std::any`.
struct Objective {
  std::any defaults;
  std::function<void(std::any&, FieldTable&)> describe;
  /// Throws `UsageError` for options, a network and a likelihood that cannot work together, whatever the
  /// data.
  std::function<void(const std::any&, const models::NetworkOptions&, const models::Likelihood&)>
      check;
  /// A new model with fresh weights.
  std::function<models::AutoencoderPtr(const std::any&, const models::ModelSpec&)> build;
};

/// `Model(options, spec)`, whose options describe themselves; a function `check(options, network)`,
/// or `check(options, network, likelihood)`, beside them is found and used.
template <class Model, class Options>
Objective objective(Options defaults) {
  return {
      .defaults = defaults,
      .describe = [](std::any& options,
                     FieldTable& table) { std::any_cast<Options&>(options).describe(table); },
      .check =
          [](const std::any& options, const models::NetworkOptions& network,
             const models::Likelihood& likelihood) {
            const auto& own = std::any_cast<const Options&>(options);
            if constexpr (requires { check(own, network, likelihood); }) {
              check(own, network, likelihood);
            } else if constexpr (requires { check(own, network); }) {
              check(own, network);
            }
          },
      .build = [](const std::any& options,
                  const models::ModelSpec& spec) -> models::AutoencoderPtr {
        return std::make_shared<Model>(std::any_cast<const Options&>(options), spec);
      },
  };
}

/// The reconstruction loss alone, which has no options.
inline Objective plain_objective() {
  return {.defaults = {},
          .describe = [](std::any&, FieldTable&) {},
          .check = [](const std::any&, const models::NetworkOptions&, const models::Likelihood&) {},
          .build =
              [](const std::any&, const models::ModelSpec& spec) {
                return std::make_shared<models::Autoencoder>(spec);
              }};
}

}  // namespace hourglass::recipes
