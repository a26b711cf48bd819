#pragma once

#include "hourglass/evaluation/anomaly_detector.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/formats/script.h"

#include <string>
#include <vector>

namespace hourglass::evaluation {

/// A checkpoint as what exports are written from: its module, its card, and those of its methods that
/// take items or codes alone. Of a third-party file, which has no card, the methods `forward`, `encode`
/// and `decode` that it has, for items of `ExportedModel::input_shape`. Throws `Error` where that is not
/// known.
formats::Script script_of(ExportedModel& model);

/// Gives the module two more methods: `score(x)`, [B, …] -> [B] float64, what `scorer_of` gives, and
/// `is_anomaly(x)`, whether that lies above the threshold. Draws of the elbo score become constants.
/// Of a detector of time steps both are [B, N] for windows of N steps: what the window at hand says of
/// each of them, of which the tool takes the average over all windows that hold the step.
/// Throws `Error` for more than 64 of them.
void add_detector(formats::Script& script, const ExportedModel& model,
                  const AnomalyDetector& detector);

/// Gives the module the method `score` of this source, `is_anomaly`, whether that lies above the
/// threshold, and both to the script's methods: they take items, and the condition where the card has
/// one.
void add_score(formats::Script& script, const std::string& source, double threshold,
               const std::vector<models::TensorMethod::Argument>& items);

}  // namespace hourglass::evaluation
