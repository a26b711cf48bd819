#pragma once

#include "hourglass/datasets/dataset.h"
#include "hourglass/evaluation/annealed_likelihood.h"
#include "hourglass/evaluation/code_statistics.h"
#include "hourglass/evaluation/codebook.h"
#include "hourglass/evaluation/disentanglement.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/evaluation/generation_quality.h"
#include "hourglass/evaluation/model_measures.h"
#include "hourglass/evaluation/sparse_code.h"
#include "hourglass/formats/data_card.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace hourglass::evaluation {

// A trained model beside the PCA of its size, fitted on the same training rows.
//
// The size of a sparse code, more than half of whose values are 0, is the number of those that are
// not, on average: that many numbers say what an item is. A code that has as many values as an item
// is not compared: PCA of that size is exact.

/// What a model is assessed by.
struct AssessedData {
  datasets::DatasetPtr training, evaluated;
  formats::DataCard training_card, evaluated_card;  ///< of the data sets that they are parts of
  bool rows_in_both = false;  ///< whether evaluated rows are among the training rows
};

struct AssessmentOptions {
  int64_t likelihood_samples = 0;  ///< codes an item, see log_likelihood.h; 0: no likelihood
  int64_t annealed_items = 0;      ///< the first so many are checked by annealing; 0: none
  /// What the vectors of a sparse model are compared with; null: nothing.
  const KnownDictionary* known_dictionary = nullptr;
  /// What made the evaluated items, a row each; null: not known.
  const Factors* factors = nullptr;
  std::optional<GenerationOptions> generation = {};  ///< none: nothing is generated
  /// Told what is at work.
  std::function<void(const std::string& stage)> say = [](const std::string&) {};
};

/// What is measured where it is asked for, or why it cannot be; neither where it is not.
template <class Found>
struct Asked {
  std::optional<Found> found;
  std::string obstacle;
};

struct Assessment {
  std::optional<int64_t> code_size;  ///< none where there is no method `encode`
  bool gaussian_code = false;        ///< codes are the means of distributions
  std::optional<int64_t> pca_size;   ///< components of the PCA beside it; none where there is none
  bool sparse_code = false;          ///< whose `pca_size` is that of the units in use
  std::string loss;                  ///< what the model was trained by, "bce"; empty: not known
  double variance = 0;               ///< MSE of the mean training item
  Measures model, pca;
  std::optional<CodeStatistics> codes;  ///< of evaluated rows; none for indices of a codebook
  std::optional<CodebookUse> codebook;  ///< of evaluated rows; for indices alone
  std::optional<SparseCode> sparsity;   ///< of evaluated rows; of sparse models alone
  Asked<Disentanglement> disentanglement;
  Asked<LikelihoodCheck> likelihood_check;
  Asked<GenerationQuality> generation;
  double reconstructed_per_second = 0;  ///< items
  std::optional<double> encoded_per_second;
};

/// Throws `Error` as the model's methods, `measure_sparse_code` and `measure_samples` do.
Assessment assess(ExportedModel& model, const AssessedData& data,
                  const AssessmentOptions& options = {});

/// Whether the model's mean squared error is below the PCA's; none where there is no PCA, or one
/// that is exact.
std::optional<bool> beats_pca(const Assessment& found);

/// "beats PCA of its size: MSE … against …"; where there is nothing to beat, why, and how much of the
/// variance the model leaves.
std::string verdict(const Assessment& found);

/// "SSIM (needs …); 1-NN, 5-NN (no labels)": all measures without a value, one reason once.
std::string missing_text(const Assessment& found);

/// {"code_size": …, "pca_size": …, "variance": …, "model": {"mse": …}, "pca": {…}, "not_available": {…}, "codes": {…},
/// "items_per_second": {…}, "beats_pca": …, "verdict": …}
nlohmann::json to_json(const Assessment& found);

}  // namespace hourglass::evaluation
