#pragma once

#include "hourglass/evaluation/classes.h"
#include "hourglass/formats/data_card.h"

#include <string>
#include <vector>

namespace hourglass::evaluation {

// What a model's card says of the classes in its training: a model knows how to reconstruct those, so
// that they are no anomalies to it.

/// The classes of the training rows as normal ones, where the data had others beside them; no classes
/// else.
NormalClasses normal_by_training(const formats::DataCard& data);

/// Which classes of the training rows are anomalies.
std::vector<std::string> anomalies_in_training(const formats::DataCard& data,
                                               const NormalClasses& classes);

/// What to do about these: "… was trained on rows of 9 classes that are anomalies here …".
std::string anomalies_in_training_text(const formats::DataCard& data,
                                       const std::vector<std::string>& anomalies);

}  // namespace hourglass::evaluation
