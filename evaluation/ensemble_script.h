#pragma once

#include "hourglass/evaluation/anomaly_detector.h"
#include "hourglass/formats/script.h"

namespace hourglass::evaluation {

/// An ensemble as what exports are written from: its models as `member1`, `member2` …, and the methods
/// `score(x)`, [B, …] -> [B] float64, what `ensemble_scorer` gives, and `is_anomaly(x)`, whether that
/// lies above the threshold. The card says the items' shape and how their data were scaled, and names
/// no variant. Throws `Error` for models that are told a condition.
///
/// The members' models get the methods of `add_detector`.
formats::Script script_of_ensemble(const AnomalyDetector& ensemble);

}  // namespace hourglass::evaluation
