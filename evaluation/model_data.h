#pragma once

#include "hourglass/datasets/scaling.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/sources/open.h"

#include <c10/core/ScalarType.h>

#include <memory>
#include <optional>

namespace hourglass::evaluation {

// Data in the form that a model expects.

/// How the data of a model's training were read, split, paired, corrupted and told, as its card says;
/// the folder they lay in only where it exists here. None where the card does not say.
std::optional<sources::DataOptions> recorded_data(const ExportedModel& model);

/// What the columns of a table were in training, for reading other rows alike: as the card records it,
/// else numbers of the names that it has. Without columns where it names none, or where some were a
/// condition: then all have to be numbers.
std::shared_ptr<const datasets::TableSchema> known_columns(const ExportedModel& model);

/// The scaling of training for values stored as `type`, bytes of images or numbers of a table; none
/// where training had values of the other kind, or it is not known.
std::optional<datasets::Scaling> recorded_scaling(const ExportedModel& model, at::ScalarType type);

/// Whether values are scaled as in training, where they are of the same kind, or as the options say.
enum class ScaleValues { AsInTraining, AsOptionsSay };

/// `data` split by the seed of training: items get the model's input shape where they have as many
/// values, and conditions the order of its own. Throws `Error` where items or conditions do not fit
/// the model, and what `split_data` throws.
sources::DataSplits split_for(const ExportedModel& model, const sources::ReadData& data,
                              sources::DataOptions options, ScaleValues scale);

}  // namespace hourglass::evaluation
