#include "hourglass/evaluation/anomaly_detector.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/evaluation/anomaly_ensemble.h"
#include "hourglass/evaluation/codebook.h"
#include "hourglass/evaluation/model_digest.h"
#include "hourglass/formats/json.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <vector>

namespace hourglass::evaluation {
namespace {

constexpr int kDetectorFormat = 1;

/// What `of` gives for each batch.
std::vector<at::Tensor> for_batches(const datasets::Dataset& rows, const AnomalyScorer& of,
                                    const datasets::BatchProgress& progress) {
  std::vector<at::Tensor> values;
  datasets::for_each_batch(
      rows, [&](const Batch& batch, int64_t /*first*/) { values.push_back(of(batch)); }, progress);
  return values;
}

std::vector<double> numbers_of(const at::Tensor& values) {
  const at::Tensor flat = values.to(at::kDouble).contiguous();
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

nlohmann::json mahalanobis_to_json(const Mahalanobis& codes) {
  return {{"mean", numbers_of(codes.mean)}, {"precision", numbers_of(codes.precision)}};
}

Mahalanobis mahalanobis_from_json(const formats::JsonFields& fields) {
  const auto mean = fields.get<std::vector<double>>("mean");
  const auto precision = fields.get<std::vector<double>>("precision");
  const auto width = std::ssize(mean);
  if (std::ssize(precision) != width * width) {
    fields.fail("precision", fmt::format("{} × {} numbers", width, width));
  }
  return {at::tensor(mean, at::kDouble), at::tensor(precision, at::kDouble).view({width, width})};
}

nlohmann::json describe_model(const ExportedModel& model) {
  const auto& card = model.card();
  return {{"path", model.path().string()},
          {"sha256", model_sha256(model)},
          {"variant", card ? card->variant : ""},
          {"recipe", card ? card->recipe : ""}};
}

/// A value that is written as text: the name of a score, a rule.
template <class T>
T read_text_form(const formats::JsonFields& fields, const std::string& key) {
  const auto value = TextCodec<T>::parse(fields.get<std::string>(key));
  if (!value) fields.fail(key, TextCodec<T>::expects());
  return *value;
}

AnomalyDetector read_detector(const formats::JsonFields& fields) {
  AnomalyDetector detector = {
      .options = {.score = read_text_form<AnomalyScore>(fields, "score"),
                  .samples = fields.get<int64_t>("samples"),
                  .seed = fields.get<uint64_t>("seed"),
                  .threshold = read_text_form<ThresholdRule>(fields, "rule")},
      .threshold = fields.get<double>("threshold"),
      .scaling = formats::scaling_from_json(fields.object("scaling")),
      .normal_rows = fields.get<std::string>("normal_rows")};
  if (detector.options.score == AnomalyScore::Auto) fields.fail("score", "a score other than auto");
  if (detector.options.samples < 0) fields.fail("samples", "a number of samples");
  if (detector.options.score == AnomalyScore::Mahalanobis) {
    detector.codes = mahalanobis_from_json(fields.object("mahalanobis"));
  }
  if (!fields.get<std::string>("steps", "").empty()) {
    detector.steps = read_text_form<StepAverage>(fields, "steps");
    detector.stride = fields.find<int64_t>("stride");
    if (detector.stride.value_or(1) < 1) fields.fail("stride", "a number of time steps");
  }
  return detector;
}

}  // namespace

AnomalyDetector fit_detector(ExportedModel& model, const NormalRows& normal,
                             const DetectorOptions& options,
                             const datasets::BatchProgress& progress) {
  AnomalyDetector detector = {
      .options = options, .scaling = normal.scaling, .normal_rows = normal.text};
  detector.options.score = resolve_score(options.score, model);
  std::vector<at::Tensor> scores;
  if (detector.options.score == AnomalyScore::Mahalanobis) {
    refuse_index_codes(model, "`score` mahalanobis");
    const auto encode = [&](const Batch& batch) {
      return model.encode(batch.input, batch.condition);
    };
    const std::vector<at::Tensor> codes = for_batches(*normal.rows, encode, progress);
    detector.codes = fit_mahalanobis(at::cat(codes));
    for (const auto& batch : codes) scores.push_back(detector.codes->distance(batch));
  } else {
    scores = for_batches(*normal.rows, scorer_of(model, detector), progress);
  }
  detector.normal_scores = at::cat(scores);
  detector.threshold = fit_threshold(detector.normal_scores, options.threshold);
  return detector;
}

AnomalyScorer scorer_of(ExportedModel& model, const AnomalyDetector& detector) {
  if (!detector.members.empty()) return ensemble_scorer(detector);
  const auto& [score, samples, seed, threshold] = detector.options;
  switch (score) {
    case AnomalyScore::Elbo: return elbo_scorer(model, samples, seed);
    case AnomalyScore::Mahalanobis: return mahalanobis_scorer(model, detector.codes.value());
    case AnomalyScore::CentreDistance: return centre_scorer(model);
    default: return reconstruction_scorer(model);
  }
}

std::string score_name(const AnomalyDetector& detector) {
  return detector.members.empty() ? enum_name(detector.options.score) : "ensemble";
}

std::string score_title(const AnomalyDetector& detector) {
  if (!detector.members.empty()) {
    return fmt::format("robust deviations of {} models", detector.members.size());
  }
  const DetectorOptions& options = detector.options;
  switch (options.score) {
    case AnomalyScore::Elbo:
      return options.samples == 0
                 ? std::string("negative ELBO at the mean code, nats")
                 : fmt::format("negative ELBO over {} sampled codes, nats", options.samples);
    case AnomalyScore::Mahalanobis: return "Mahalanobis distance of the code";
    case AnomalyScore::CentreDistance: return "squared distance of the code from the centre";
    default: return "reconstruction error (MSE)";
  }
}

nlohmann::json to_json(const AnomalyDetector& detector, const ExportedModel& model) {
  const auto& [score, samples, seed, rule] = detector.options;
  nlohmann::json object = {{"format", kDetectorFormat},
                           {"checkpoint", describe_model(model)},
                           {"score", enum_name(score)},
                           {"samples", samples},
                           {"seed", seed},
                           {"rule", rule.text()},
                           {"threshold", detector.threshold},
                           {"normal_rows", detector.normal_rows},
                           {"scaling", formats::scaling_to_json(detector.scaling)}};
  if (detector.steps) object["steps"] = enum_name(*detector.steps);
  if (detector.stride) object["stride"] = *detector.stride;
  if (detector.codes) object["mahalanobis"] = mahalanobis_to_json(*detector.codes);
  return object;
}

AnomalyDetector detector_from_json(const formats::JsonFields& fields, const ExportedModel& model,
                                   const std::string& file) {
  formats::read_format(fields, kDetectorFormat);
  expect_same_model(model, fields.object("checkpoint").get<std::string>("sha256"), file);
  return read_detector(fields);
}

std::string detector_text(const AnomalyDetector& detector, const ExportedModel& model) {
  return formats::json_text(to_json(detector, model)) + "\n";
}

AnomalyDetector load_detector(const std::filesystem::path& path, const ExportedModel& model) {
  const std::string where = fmt::format("{}, a file of `save_threshold`", path.string());
  const nlohmann::json object = formats::parse_json(read_file(path), where);
  return detector_from_json(formats::JsonFields(object, where), model, path.string());
}

void expect_same_scaling(const AnomalyDetector& detector, const formats::DataCard& data,
                         const std::string& file) {
  if (data.scaling == detector.scaling) return;
  throw Error(
      "{}: the values of {} are scaled otherwise than those the threshold was fitted to; "
      "for a file that does not record its scaling, give the same `scale` none or max:V "
      "both times",
      file, data.name);
}

}  // namespace hourglass::evaluation
