#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/dictionary_match.h"
#include "hourglass/evaluation/dictionary_measures.h"
#include "hourglass/evaluation/exported_model.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace hourglass::evaluation {

/// What is measured of a sparse autoencoder alone.
struct SparseCode {
  DictionaryMeasures measures;
  std::string known;  ///< the dictionary it is compared with; empty: none
  int64_t known_vectors = 0;
  std::optional<DictionaryMatch> match;  ///< where there is one
};

/// Whether the model's card says that it was trained to be sparse.
bool is_sparse_model(const ExportedModel& model);

/// Of all rows, batch by batch. Throws `Error` where a known dictionary is given and the model has not
/// one dense layer to decode with, whose columns are its own.
SparseCode measure_sparse_code(ExportedModel& model, const datasets::Dataset& rows,
                               const KnownDictionary* known);

/// {"l0": …, "explained_variance": …, "fvu": …, "dead_units": …, "dense_units": …, "dense_above": 0.1, "units": …,
/// "rows": …, "dictionary": {"file": …, "vectors": …, "mcc": …, "uniqueness": …, "f1": …, "precision": …, "recall": …}}
nlohmann::json to_json(const SparseCode& found);

/// For people: what was found, and by which thresholds.
std::vector<std::string> lines_of(const SparseCode& found);

}  // namespace hourglass::evaluation
