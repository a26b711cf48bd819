#pragma once

#include "hourglass/models/likelihood.h"
#include "hourglass/models/network.h"
#include "hourglass/models/output_bias.h"
#include "hourglass/recipes/picture_options.h"
#include "hourglass/sources/open.h"
#include "hourglass/training/trainer.h"

#include <any>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::recipes {

/// What the same column has reached before: a test that cannot wait for the band asks for this.
struct EarlyExpectation {
  int64_t epoch = 0;   ///< 0: the band itself is reached in seconds
  double at_most = 0;  ///< some per cent above the worst of the seeds that were tried
};

/// What a recipe has to reach: a column of metrics.csv at one epoch.
struct Expectation {
  std::string column;     ///< "train_loss" or "validation_loss"; empty: no number yet
  double at_most = 0;     ///< upper end of the band for the mean of seeds 1–3
  int64_t epoch = 0;      ///< after which epoch; 0: after the last
  std::string published;  ///< what the source says, as text
  /// The same recipe run in Keras or PyTorch, one value a seed, at that epoch; empty: not run
  /// there.
  std::vector<double> reference;
  EarlyExpectation early;
};

/// A published system, as plain data. Sources: docs/recipes.md.
struct Recipe {
  std::string name;                               ///< "mnist-2d-relu"
  std::string summary;                            ///< one line
  std::optional<models::NetworkOptions> network;  ///< none: the variant's
  std::optional<models::Likelihood> likelihood;   ///< none: the variant's
  std::any objective;                             ///< the variant's options; empty: its defaults
  models::OutputBias output_bias = models::OutputBias::Zero;
  sources::DataOptions data;
  training::TrainingOptions training;
  int64_t log_every = 1;  ///< epochs between the lines of a log
  Expectation expected;
  PictureOptions pictures;
};

/// The embedded digits have no official test part: a fifth of them, class by class, judges the
/// model.
sources::DataOptions digits_with_validation();

/// A set known by name, judged by its official test part.
sources::DataOptions with_test_images(const std::string& dataset);

/// MNIST whose pixels are drawn by their grey in every epoch, and the training of Burda, Grosse &
/// Salakhutdinov 2016 ("Importance weighted autoencoders") on it.
sources::DataOptions drawn_mnist();
training::TrainingOptions drawn_mnist_training();

}  // namespace hourglass::recipes
