#include "hourglass/evaluation/assessment.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/codes.h"
#include "hourglass/evaluation/decoded_likelihood.h"
#include "hourglass/evaluation/log_likelihood.h"
#include "hourglass/evaluation/pca.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace hourglass::evaluation {
namespace {

using nlohmann::json;

/// The measures of one model, in the order in which they are taken.
class Assessor {
 public:
  Assessor(ExportedModel& model, const AssessedData& data, const AssessmentOptions& options)
      : model_(model), data_(data), options_(options) {
    if (data.rows_in_both) own_rows_ = positions_among(*data.training, *data.evaluated);
  }

  Assessment assess() {
    Assessment found;
    const bool encodes = options_.generation && options_.generation->features;
    if (encodes) check_features(*options_.generation->features, data_.evaluated->target_shape());
    // Of a flow the code is no mean.
    found.gaussian_code =
        model_.card() && model_.card()->has_gaussian_code() && !model_.has_method("encode_base");
    if (model_.card()) found.loss = model_.card()->options.find<std::string>("loss").value_or("");
    found.variance = mean_item_mse(*data_.training, *data_.evaluated);
    options_.say("errors, neighbours and probe");
    assess_model(found);
    options_.say("the same for PCA");
    assess_pca(found);
    if (options_.likelihood_samples > 0) assess_likelihood(found);
    if (options_.annealed_items > 0) check_likelihood(found);
    assess_sparsity(found);
    if (options_.generation) assess_generation(found);
    options_.say("speed");
    measure_speed(found);
    return found;
  }

 private:
  ExportedModel& model_;
  const AssessedData& data_;
  const AssessmentOptions& options_;
  at::Tensor own_rows_, likelihoods_;

  double data_range() const {
    if (model_.card() && model_.card()->value_range) {
      return model_.card()->value_range->high - model_.card()->value_range->low;
    }
    return data_.training_card.highest - data_.training_card.lowest;
  }

  CodePair pair(Codes training, Codes evaluated) const {
    // The numbers of labels mean the same only where the classes are the same.
    const bool same_classes = data_.training_card.class_names == data_.evaluated_card.class_names;
    if (!same_classes) evaluated.labels.reset();
    return {std::move(training), std::move(evaluated), own_rows_};
  }

  void assess_model(Assessment& found) {
    found.model = measure_errors(model_, *data_.evaluated, data_range());
    if (!model_.has_method("encode")) {
      found.model.merge(no_code_measures("the file has no method 'encode'"));
      if (options_.factors) found.disentanglement.obstacle = "the file has no method 'encode'";
      return;
    }
    const Codes evaluated = encode_all(model_, *data_.evaluated);
    const at::Tensor& codes = evaluated.values;
    found.code_size = found.pca_size = codes[0].numel();
    if (has_index_codes(model_)) {
      found.model.merge(no_code_measures("integer codes"));
      if (options_.factors) found.disentanglement.obstacle = "integer codes";
      found.codebook = codebook_use(model_, codes);
      return;
    }
    found.codes = code_statistics(codes);
    if (options_.factors) {
      found.disentanglement.found = measure_disentanglement(codes, *options_.factors);
    }
    choose_pca_size(found, codes);
    // Codes of training rows may be many, and are of use beside labels alone.
    const Codes training =
        evaluated.labels.defined() ? encode_all(model_, *data_.training) : Codes();
    found.model.merge(measure_codes(pair(training, evaluated)));
  }

  static void choose_pca_size(Assessment& found, const at::Tensor& codes) {
    const double in_use = codes.ne(0).to(at::kDouble).mean().item<double>();
    found.sparse_code = in_use < 0.5;
    if (!found.sparse_code) return;
    const double units = in_use * static_cast<double>(*found.code_size);
    found.pca_size = std::max<int64_t>(1, std::llround(units));
  }

  void assess_pca(Assessment& found) const {
    const std::string obstacle = pca_obstacle(found.pca_size, *data_.training, data_.training_card);
    if (!obstacle.empty()) {
      found.pca_size.reset();
      found.pca = no_measures(obstacle);
      return;
    }
    const Pca pca = fit_pca(*data_.training, *found.pca_size);
    const auto encode = [&](const at::Tensor& x) { return pca.encode(x); };
    const auto reconstruct = [&](const at::Tensor& x) { return pca.reconstruct(x); };
    found.pca = measure_errors(reconstruct, *data_.evaluated, data_range());
    found.pca.merge(measure_codes(
        pair(encode_all(encode, *data_.training), encode_all(encode, *data_.evaluated))));
  }

  void assess_likelihood(Assessment& found) {
    found.model[Measure::Nll] = likelihood();
    found.pca[Measure::Nll] = {{}, "PCA gives no distribution"};
  }

  MeasureValue likelihood() {
    if (const std::string obstacle = likelihood_obstacle(model_); !obstacle.empty()) {
      return {{}, obstacle};
    }
    const std::string misfit = DecodedLikelihood(model_).misfit_of(*data_.evaluated);
    if (!misfit.empty()) return {{}, misfit};
    const auto progress = [&](int64_t done) {
      options_.say(fmt::format("likelihood of {} of {} rows", with_thousands(done),
                               with_thousands(data_.evaluated->size())));
    };
    likelihoods_ = negative_log_likelihoods(model_, *data_.evaluated,
                                            {.samples = options_.likelihood_samples}, progress);
    return {likelihoods_.mean().item<double>(), ""};
  }

  void check_likelihood(Assessment& found) {
    std::string& obstacle = found.likelihood_check.obstacle = annealing_obstacle(model_);
    if (obstacle.empty() && !likelihoods_.defined()) {
      obstacle = "no likelihood by importance sampling";
    }
    if (!obstacle.empty()) return;
    const int64_t items = std::min(options_.annealed_items, data_.evaluated->size());
    const datasets::Subset some(data_.evaluated, data_.evaluated->first_positions(items));
    const at::Tensor values = annealed_likelihoods(model_, some, {}, [&](double share) {
      options_.say(fmt::format("annealed likelihood of {} rows, {:.0f} %", with_thousands(items),
                               100 * share));
    });
    found.likelihood_check.found = {
        .items = items,
        .importance = likelihoods_.slice(0, 0, items).mean().item<double>(),
        .annealed = values.mean().item<double>()};
  }

  void assess_sparsity(Assessment& found) {
    if (!is_sparse_model(model_) && !options_.known_dictionary) return;
    options_.say("sparsity");
    found.sparsity = measure_sparse_code(model_, *data_.evaluated, options_.known_dictionary);
  }

  void assess_generation(Assessment& found) {
    found.generation.obstacle = generation_obstacle(model_, options_.generation->sampler);
    if (!found.generation.obstacle.empty()) return;
    options_.say(fmt::format("{} samples", with_thousands(options_.generation->samples)));
    // Whatever fails here leaves the other measures, which may have taken hours.
    try {
      found.generation.found =
          measure_generation(model_, *data_.training, *data_.evaluated, *options_.generation);
    } catch (const c10::Error& error) {
      found.generation.obstacle = error.what_without_backtrace();
    } catch (const std::exception& error) {
      found.generation.obstacle = error.what();
    }
  }

  void measure_speed(Assessment& found) {
    const int64_t count = std::min(ExportedModel::kBatch, data_.evaluated->size());
    const Batch batch = data_.evaluated->batch(data_.evaluated->first_positions(count));
    found.reconstructed_per_second =
        items_per_second([&] { model_.reconstruct(batch.input, batch.condition); }, count);
    if (!found.code_size) return;
    found.encoded_per_second =
        items_per_second([&] { model_.encode(batch.input, batch.condition); }, count);
  }
};

json values_of(const Measures& measures) {
  json object = json::object();
  for (const auto& [measure, measured] : measures) {
    object[enum_name(measure)] = formats::or_null(measured.value);
  }
  return object;
}

json reasons_of(const Measures& measures) {
  json object = json::object();
  for (const auto& [measure, measured] : measures) {
    if (!measured.value) object[enum_name(measure)] = measured.reason;
  }
  return object;
}

template <class Found>
void add_asked(json& object, const char* name, const Asked<Found>& asked) {
  if (asked.found) object[name] = to_json(*asked.found);
  if (!asked.obstacle.empty()) object["not_available"][name] = asked.obstacle;
}

json statistics_of(const Assessment& found) {
  if (!found.codes) return {};
  json object = {{"units", found.codes->units},
                 {"dead_units", found.codes->dead_units},
                 {"covariance_rank", formats::or_null(found.codes->covariance_rank)}};
  if (found.gaussian_code) object["active_units"] = found.codes->active_units;
  return object;
}

/// PCA of as many components as the data have directions leaves nothing to beat but rounding.
bool is_exact(double mse) { return mse < 1e-12; }

std::string left_text(const Assessment& found) {
  if (found.variance == 0) return "";
  return fmt::format("; the model leaves {:.1f} % of the variance",
                     100 * *found.model.at(Measure::Mse).value / found.variance);
}

std::string pca_name(const Assessment& found) {
  if (!found.sparse_code) return "PCA of its size";
  return fmt::format("PCA of {} (as many as units are not 0 on average)", *found.pca_size);
}

}  // namespace

Assessment assess(ExportedModel& model, const AssessedData& data,
                  const AssessmentOptions& options) {
  return Assessor(model, data, options).assess();
}

std::optional<bool> beats_pca(const Assessment& found) {
  const auto &model = found.model.at(Measure::Mse).value, &pca = found.pca.at(Measure::Mse).value;
  if (!pca || is_exact(*pca)) return {};
  return *model < *pca;
}

std::string verdict(const Assessment& found) {
  const MeasureValue& pca = found.pca.at(Measure::Mse);
  if (!pca.value) return pca.reason + left_text(found);
  if (is_exact(*pca.value)) {
    return fmt::format(
        "not compared: {} is exact, as the code has room for all that varies in an item{}",
        pca_name(found), left_text(found));
  }
  const double model = *found.model.at(Measure::Mse).value;
  const bool better = *beats_pca(found), other_loss = !found.loss.empty() && found.loss != "mse";
  return fmt::format(
      "{} {}: MSE {:.6f} against {:.6f} ({:+.1f} %){}", better ? "beats" : "LOSES TO",
      pca_name(found), model, *pca.value, 100 * (model / *pca.value - 1),
      better || !other_loss
          ? ""
          : fmt::format("; that is the error PCA minimises, and this model {}", found.loss));
}

std::string missing_text(const Assessment& found) {
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const auto& [measure, measured] : found.model) {
    if (!measured.value) by_reason[measured.reason].push_back(measure_title(measure));
  }
  for (const auto& [measure, measured] : found.pca) {
    if (measured.value) continue;
    auto& titles = by_reason[measured.reason];
    const std::string title = measure_title(measure);
    const bool reported = std::find(titles.begin(), titles.end(), title) != titles.end();
    if (reported) continue;
    titles.push_back(measured.reason.starts_with("no PCA") ? "PCA" : title + " of PCA");
  }
  std::vector<std::string> parts;
  for (auto& [reason, titles] : by_reason) {
    titles.erase(std::unique(titles.begin(), titles.end()), titles.end());
    parts.push_back(fmt::format("{} ({})", join_text(titles), reason));
  }
  return join_text(parts, "; ");
}

json to_json(const Assessment& found) {
  json object = {
      {"code_size", formats::or_null(found.code_size)},
      {"pca_size", formats::or_null(found.pca_size)},
      {"variance", found.variance},
      {"model", values_of(found.model)},
      {"pca", values_of(found.pca)},
      {"not_available", {{"model", reasons_of(found.model)}, {"pca", reasons_of(found.pca)}}},
      {"codes", statistics_of(found)},
      {"items_per_second",
       {{"reconstruct", found.reconstructed_per_second},
        {"encode", formats::or_null(found.encoded_per_second)}}},
      {"beats_pca", formats::or_null(beats_pca(found))},
      {"verdict", verdict(found)}};
  if (found.codebook) {
    object["codebook"] = {{"size", found.codebook->size},
                          {"codebooks", found.codebook->codebooks},
                          {"used", found.codebook->used},
                          {"perplexity", found.codebook->perplexity}};
  }
  if (found.sparsity) object["sparsity"] = to_json(*found.sparsity);
  add_asked(object, "disentanglement", found.disentanglement);
  add_asked(object, "likelihood_check", found.likelihood_check);
  add_asked(object, "generation", found.generation);
  return object;
}

}  // namespace hourglass::evaluation
