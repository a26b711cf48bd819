#include "hourglass/recipes/recipe.h"

namespace hourglass::recipes {

using datasets::Validation;

sources::DataOptions digits_with_validation() {
  return {.dataset = "digits", .validation = {Validation::Kind::Split, 0.2}};
}

sources::DataOptions with_test_images(const std::string& dataset) {
  return {.dataset = dataset, .validation = {Validation::Kind::Test}};
}

sources::DataOptions drawn_mnist() {
  sources::DataOptions data = with_test_images("mnist");
  data.binarize = datasets::Binarization::Fresh;
  return data;
}

training::TrainingOptions drawn_mnist_training() {
  return {.epochs = 3280,
          .batch_size = 20,
          .optimizer = {.learning_rate = 1e-3, .epsilon = 1e-4},
          .schedule = *training::Schedule::parse("stages:3,0.71968567")};
}

}  // namespace hourglass::recipes
