#include "hourglass/apps/tools/assessment_choices.h"

#include "hourglass/apps/tools/number_files.h"
#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <utility>

namespace hourglass::apps {

using namespace evaluation;

namespace {

Factors read_factors(const std::string& path) {
  const NumberRows rows = read_numbers(path);
  if (!rows.labels.empty()) {
    throw Error("{}: expected factors as numbers, found a last column of labels: name it otherwise",
                path);
  }
  const at::Tensor values = rows.values.flatten(1).to(at::kDouble);
  if (!rows.columns.empty()) return {rows.columns, values};
  return {numbered_columns("factor", values.size(1)), values};
}

}  // namespace

void AssessmentChoices::describe(FieldTable& table) {
  table
      .add("samples", samples,
           "codes an item for -log p(x) by importance sampling, 5000 say, of variational models "
           "with any loss but mse and mae; 0: none")
      .at_least(0);
  table
      .add("annealed", annealed,
           "of so many items, the first ones, -log p(x) by annealed importance sampling as well, "
           "which asks the encoder for nothing: a check that takes seconds an item; 0: none")
      .at_least(0)
      .shown_as("N");
  table
      .add("generation", generation,
           "items generated of each model and compared with real ones, 10000 say: Fréchet "
           "distance, MMD, precision, recall, density, coverage; 0: none")
      .at_least(0);
  evaluation::describe(table, sampler);
  table
      .add("features", features,
           "a model whose codes of items --generation compares; empty: the items' values")
      .shown_as("CKPT");
  table
      .add("factors", factors,
           "what made the evaluated items, a row of numbers each in their order, CSV or NPY: "
           "mutual information gap, disentanglement, completeness and informativeness of the codes")
      .shown_as("FILE");
  table
      .add(
          "dictionary", dictionary,
          "the vectors that the data were made of, FILE.npy or FILE.safetensors#TENSOR: how well a "
          "sparse model found them")
      .shown_as("FILE");
  table
      .add("dictionary_rows", dictionary_rows,
           "which of them are in each row of the data set: a safetensors file with indptr, indices "
           "and values of a sparse matrix")
      .shown_as("FILE");
}

void check(const AssessmentChoices& choices) {
  if (!choices.factors.empty()) expect_number_file(choices.factors, "--factors");
  if (choices.samples == 0 && choices.annealed > 0) {
    throw UsageError("`annealed`: expected `samples` with it, 5000 say");
  }
  if (choices.generation == 0 && !choices.features.empty()) {
    throw UsageError("`features`: expected `generation` with it, 10000 say");
  }
  if (choices.generation == 0 && choices.sampler.kind != Sampler::Kind::Auto) {
    throw UsageError("`sampler`: expected `generation` with it, 10000 say");
  }
  if (choices.dictionary.empty() && !choices.dictionary_rows.empty()) {
    throw UsageError("`dictionary_rows`: expected `dictionary` with it, the vectors it is about");
  }
}

AssessmentFiles::AssessmentFiles(const AssessmentChoices& choices, const ModelOptions& model)
    : choices_(choices) {
  if (!choices.dictionary.empty()) {
    dictionary_ = read_known_dictionary(choices.dictionary, choices.dictionary_rows);
  }
  if (!choices.factors.empty()) factors_ = read_factors(choices.factors);
  if (!choices.features.empty()) features_ = open_model(choices.features, model);
}

AssessmentOptions AssessmentFiles::options(std::function<void(const std::string&)> say) {
  AssessmentOptions options{.likelihood_samples = choices_.samples,
                            .annealed_items = choices_.annealed,
                            .known_dictionary = dictionary_ ? &*dictionary_ : nullptr,
                            .factors = factors_ ? &*factors_ : nullptr,
                            .say = std::move(say)};
  if (choices_.generation > 0) {
    options.generation = {.samples = choices_.generation,
                          .sampler = choices_.sampler,
                          .features = features_ ? &*features_ : nullptr};
  }
  return options;
}

}  // namespace hourglass::apps
