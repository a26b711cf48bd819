#include "hourglass/recipes/recipe.h"

namespace hourglass::recipes {

using datasets::Validation;

sources::DataOptions digits_with_validation() {
  return {.dataset = "digits", .validation = {Validation::Kind::Split, 0.2}};
}

sources::DataOptions with_test_images(const std::string& dataset) {
  return {.dataset = dataset, .validation = {Validation::Kind::Test}};
}

}  // namespace hourglass::recipes
