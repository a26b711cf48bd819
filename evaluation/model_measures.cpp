#include "hourglass/evaluation/model_measures.h"

#include "hourglass/core/shape.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/evaluation/neighbours.h"
#include "hourglass/evaluation/probe.h"
#include "hourglass/evaluation/ssim.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <unordered_map>
#include <vector>

namespace hourglass::evaluation {
namespace {

constexpr int64_t kMostNeighbours = 5;
/// A PCA's covariance is D × D, and its eigenvectors take D³ steps: above this, minutes.
constexpr int64_t kMostPcaValues = 4096;
constexpr double kTimedSeconds = 0.3;

MeasureValue measured_or(const std::optional<double>& value, const std::string& reason) {
  return value ? MeasureValue{value, ""} : MeasureValue{{}, reason};
}

/// A range of 0 (constant data) has no peak; the measures that need one are then left out.
double peak(double data_range) { return data_range > 0 ? data_range : 1; }

Measures measures_of(const ReconstructionMeans& means, double data_range) {
  const bool has_range = data_range > 0;
  const std::string constant = "all training values are equal";
  return {
      {Measure::Mse, {means.mse, ""}},
      {Measure::Bce, measured_or(means.bce, "values lie outside of 0 … 1")},
      {Measure::Psnr, has_range ? MeasureValue{means.psnr, ""} : MeasureValue{{}, constant}},
      {Measure::Ssim, has_range ? measured_or(means.ssim, "needs images of at least 11 × 11 pixels")
                                : MeasureValue{{}, constant}}};
}

bool has_two_classes(const at::Tensor& labels) {
  return labels.min().item<int64_t>() < labels.max().item<int64_t>();
}

}  // namespace

bool is_accuracy(Measure measure) {
  return measure == Measure::OneNeighbour || measure == Measure::FiveNeighbours ||
         measure == Measure::Probe;
}

std::string measure_title(Measure measure) {
  switch (measure) {
    case Measure::Mse: return "MSE";
    case Measure::Bce: return "BCE";
    case Measure::Psnr: return "PSNR, dB";
    case Measure::Ssim: return "SSIM";
    case Measure::OneNeighbour: return "1-NN";
    case Measure::FiveNeighbours: return "5-NN";
    case Measure::Nll: return "NLL, nats";
    default: return "probe";
  }
}

std::string measure_text(Measure measure, const MeasureValue& measured) {
  if (!measured.value) return "n/a";
  switch (measure) {
    case Measure::Mse: return fmt::format("{:.6f}", *measured.value);
    case Measure::Psnr:
    case Measure::Nll: return fmt::format("{:.2f}", *measured.value);
    case Measure::Bce:
    case Measure::Ssim: return fmt::format("{:.4f}", *measured.value);
    default: return fmt::format("{:.2f} %", 100 * *measured.value);
  }
}

Measures measure_errors(ExportedModel& model, const datasets::Dataset& rows, double data_range) {
  return measures_of(measure_reconstructions(model, rows, peak(data_range)).means(), data_range);
}

Measures measure_errors(const Reconstructor& reconstruct, const datasets::Dataset& rows,
                        double data_range) {
  return measures_of(measure_reconstructions(reconstruct, rows, peak(data_range)).means(),
                     data_range);
}

Measures measure_codes(const CodePair& codes) {
  const auto& [training, evaluated, own_rows] = codes;
  if (!training.labels.defined() || !evaluated.labels.defined()) {
    return no_code_measures("no labels");
  }
  if (!has_two_classes(training.labels)) return no_code_measures("a single class");
  if (training.values.size(0) <= kMostNeighbours) {
    return no_code_measures("fewer than six training rows");
  }
  const NeighbourIndex index{training.values, training.labels};
  const Neighbours nearest =
      nearest_neighbours(index, evaluated.values, {.count = kMostNeighbours, .own_rows = own_rows});
  const LinearProbe probe = fit_linear_probe(training.values, training.labels);
  const auto& labels = evaluated.labels;
  return {
      {Measure::OneNeighbour, {neighbour_accuracy(index, nearest, labels, 1), ""}},
      {Measure::FiveNeighbours, {neighbour_accuracy(index, nearest, labels, kMostNeighbours), ""}},
      {Measure::Probe, {probe.accuracy(evaluated.values, labels), ""}}};
}

Measures no_code_measures(const std::string& reason) {
  return {{Measure::OneNeighbour, {{}, reason}},
          {Measure::FiveNeighbours, {{}, reason}},
          {Measure::Probe, {{}, reason}}};
}

Measures no_measures(const std::string& reason) {
  Measures measures;
  for (const auto& [measure, name] : names_of(Measure{})) {
    if (measure != Measure::Nll) measures[measure] = {{}, reason};
  }
  return measures;
}

std::string pca_obstacle(std::optional<int64_t> code_size, const datasets::Dataset& training,
                         const formats::DataCard& data) {
  const int64_t values = element_count(training.target_shape());
  if (!code_size) return "no PCA: the size of the code is not known";
  if (*code_size > values) {
    return fmt::format("no PCA: the code has {} values, an item {}", *code_size, values);
  }
  if (data.targets) return "no PCA: it cannot turn inputs into other targets";
  if (training.size() < 2) return "no PCA: a single training row has no directions";
  if (values > kMostPcaValues) {
    return fmt::format("no PCA: items of {} values, more than {}", values, kMostPcaValues);
  }
  return "";
}

at::Tensor positions_among(const datasets::Dataset& training, const datasets::Dataset& rows) {
  std::unordered_map<int64_t, int64_t> position_of;
  const auto known = datasets::row_numbers(training);
  for (size_t i = 0; i < known.size(); ++i) position_of[known[i]] = static_cast<int64_t>(i);
  std::vector<int64_t> positions;
  for (const int64_t row : datasets::row_numbers(rows)) {
    const auto place = position_of.find(row);
    positions.push_back(place == position_of.end() ? -1 : place->second);
  }
  return at::tensor(positions, at::kLong);
}

double items_per_second(const std::function<void()>& work, int64_t items) {
  using Clock = std::chrono::steady_clock;
  work();
  const auto begin = Clock::now();
  double seconds = 0;
  int64_t runs = 0;
  while (seconds < kTimedSeconds) {
    work();
    ++runs;
    seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  return static_cast<double>(runs * items) / seconds;
}

}  // namespace hourglass::evaluation
