#include "hourglass/evaluation/disentanglement.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/standardisation.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace hourglass::evaluation {
namespace {

constexpr int64_t kBins = 20, kLeastItems = 4, kMostUnits = 4096;
constexpr double kLassoWeight = 0.02, kLassoTolerance = 1e-8;
constexpr int kMostSweeps = 10000;

/// Which of so many bins, or of its own values where these are few, each number of a column [N] is in.
at::Tensor binned(const at::Tensor& column, bool keeps_few) {
  if (keeps_few) {
    const auto [values, places] = at::_unique(column, /*sorted=*/true, /*return_inverse=*/true);
    if (values.numel() <= kBins) return places;
  }
  const double low = column.min().item<double>(), high = column.max().item<double>();
  if (high == low) return at::zeros({column.size(0)}, at::kLong);
  return ((column - low) / (high - low) * kBins).floor().clamp(0, kBins - 1).to(at::kLong);
}

/// In nats, of counts of any shape.
double entropy_of(const at::Tensor& counts) {
  const at::Tensor shares = counts.to(at::kDouble) / counts.sum().to(at::kDouble);
  return -at::xlogy(shares, shares).sum().item<double>();
}

/// I(a; b) = H(a) + H(b) − H(a, b) of bins below 20 each.
double mutual_information(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor counts = at::bincount(a * kBins + b, {}, kBins * kBins).view({kBins, kBins});
  return entropy_of(counts.sum(1)) + entropy_of(counts.sum(0)) - entropy_of(counts);
}

/// 1 − H / log n of each row of weights [M, n], as shares of their sum: 1 where one has all.
at::Tensor concentration(const at::Tensor& weights) {
  const int64_t n = weights.size(1);
  const at::Tensor sums = weights.sum(1, /*keepdim=*/true);
  if (n == 1) return (sums > 0).to(at::kDouble).flatten();
  // A row without any weight stands for nothing.
  const at::Tensor shares =
      at::where(sums > 0, weights / sums, at::full({}, 1 / static_cast<double>(n)));
  return 1 + at::xlogy(shares, shares).sum(1) / std::log(static_cast<double>(n));
}

/// Two halves of the rows, drawn at random: factors often follow the order of the items.
struct Halves {
  at::Tensor fitted, judged;  ///< int64
};

Halves halves_of(int64_t rows) {
  const at::Generator generator = at::detail::createCPUGenerator(1);
  const at::Tensor order = at::randperm(rows, generator);
  return {order.slice(0, 0, rows / 2), order.slice(0, rows / 2)};
}

void expect_measurable(const at::Tensor& codes, const Factors& factors) {
  if (factors.values.size(0) != codes.size(0)) {
    throw Error("factors: expected a row for each of the {} evaluated items, found {}",
                codes.size(0), factors.values.size(0));
  }
  if (codes.size(0) < kLeastItems) {
    throw Error("factors: expected at least {} items, found {}", kLeastItems, codes.size(0));
  }
  if (codes.size(1) > kMostUnits) {
    throw Error("factors: expected codes of at most {} values, found {}", kMostUnits,
                codes.size(1));
  }
  if (!at::isfinite(codes).all().item<bool>() || !at::isfinite(factors.values).all().item<bool>()) {
    throw Error("factors: expected finite numbers of codes and factors, found others");
  }
  for (int64_t f = 0; f < factors.values.size(1); ++f) {
    const at::Tensor factor = factors.values.select(1, f);
    if (!factor.eq(factor[0]).all().item<bool>()) continue;
    throw Error("factors: expected '{}' to vary from item to item, found {} alone",
                factors.names[static_cast<size_t>(f)], factor[0].item<double>());
  }
}

/// The mutual information gap, and what each factor's most telling unit says of it.
void measure_information(const at::Tensor& codes, const Factors& factors, Disentanglement& found) {
  std::vector<at::Tensor> units;
  for (const auto& unit : codes.unbind(1)) units.push_back(binned(unit, /*keeps_few=*/false));
  for (int64_t f = 0; f < factors.values.size(1); ++f) {
    const at::Tensor factor = binned(factors.values.select(1, f), /*keeps_few=*/true);
    const double entropy = entropy_of(at::bincount(factor));
    double most = 0, second = 0;
    Disentanglement::OfFactor row = {.name = factors.names[static_cast<size_t>(f)]};
    for (size_t u = 0; u < units.size(); ++u) {
      const double information = mutual_information(units[u], factor) / entropy;
      if (information > most) {
        second = std::exchange(most, information);
        row.unit = static_cast<int64_t>(u);
      } else {
        second = std::max(second, information);
      }
    }
    row.information_share = most;
    found.mutual_information_gap += (most - second) / static_cast<double>(factors.names.size());
    found.factors.push_back(row);
  }
}

void measure_by_lasso(const at::Tensor& codes, const Factors& factors, Disentanglement& found) {
  const auto [fitted, tested] = halves_of(codes.size(0));
  const at::Tensor x = codes.index_select(0, fitted), y = factors.values.index_select(0, fitted);
  const Standardisation of_codes = standardisation_of(x), of_factors = standardisation_of(y);
  const at::Tensor weights = lasso(of_codes.apply(x), of_factors.apply(y), kLassoWeight);  // [F, D]
  const at::Tensor importance = weights.abs();
  if (importance.sum().item<double>() > 0) {
    const at::Tensor share_of_unit = importance.sum(0) / importance.sum();
    found.disentanglement = (share_of_unit * concentration(importance.t())).sum().item<double>();
    found.completeness = concentration(importance).mean().item<double>();
  }
  const at::Tensor judged = of_factors.apply(factors.values.index_select(0, tested));
  const at::Tensor predicted =
      at::matmul(of_codes.apply(codes.index_select(0, tested)), weights.t());
  const at::Tensor variance = (judged - judged.mean(0)).square().sum(0);
  const at::Tensor error = (judged - predicted).square().sum(0);
  // Of a factor that is rare the half may have one value alone, of which there is nothing to explain.
  const at::Tensor explained = at::where(variance > 0, 1 - error / variance, at::zeros_like(error));
  found.informativeness = explained.mean().item<double>();
  for (size_t f = 0; f < found.factors.size(); ++f) {
    found.factors[f].explained = explained[static_cast<int64_t>(f)].item<double>();
  }
}

}  // namespace

at::Tensor lasso(const at::Tensor& x, const at::Tensor& y, double alpha) {
  const auto items = static_cast<double>(x.size(0));
  const at::Tensor gram = at::matmul(x.t(), x) / items;    // [D, D]
  const at::Tensor shared = at::matmul(x.t(), y) / items;  // [D, F]
  at::Tensor weights = at::zeros({x.size(1), y.size(1)}, x.options());
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    double greatest_change = 0;
    for (int64_t d = 0; d < x.size(1); ++d) {
      const double curvature = gram[d][d].item<double>();
      if (curvature == 0) continue;
      const at::Tensor old = weights[d].clone();
      const at::Tensor free = shared[d] - at::matmul(gram[d], weights) + curvature * old;
      weights[d] = free.sign() * (free.abs() - alpha).clamp_min(0) / curvature;
      greatest_change = std::max(greatest_change, (weights[d] - old).abs().max().item<double>());
    }
    if (greatest_change < kLassoTolerance) break;
  }
  return weights.t().contiguous();
}

Disentanglement measure_disentanglement(const at::Tensor& codes, const Factors& factors) {
  const at::Tensor rows = codes.flatten(1).to(at::kDouble);
  expect_measurable(rows, factors);
  Disentanglement found;
  measure_information(rows, factors, found);
  measure_by_lasso(rows, factors, found);
  return found;
}

nlohmann::json to_json(const Disentanglement& found) {
  nlohmann::json factors = nlohmann::json::array();
  for (const auto& factor : found.factors) {
    factors.push_back({{"name", factor.name},
                       {"unit", factor.unit},
                       {"information_share", factor.information_share},
                       {"explained", factor.explained}});
  }
  return {{"mutual_information_gap", found.mutual_information_gap},
          {"disentanglement", found.disentanglement},
          {"completeness", found.completeness},
          {"informativeness", found.informativeness},
          {"factors", factors}};
}

std::vector<std::string> lines_of(const Disentanglement& found) {
  std::vector<std::string> lines = {
      fmt::format("factors   mutual information gap {:.3f}; disentanglement {:.3f}, completeness "
                  "{:.3f}, informativeness {:.3f} (lasso)",
                  found.mutual_information_gap, found.disentanglement, found.completeness,
                  found.informativeness)};
  for (const auto& factor : found.factors) {
    lines.push_back(fmt::format("          {}: unit {} says {:.0f} % of it; all explain {:.0f} %",
                                factor.name, factor.unit, 100 * factor.information_share,
                                100 * factor.explained));
  }
  return lines;
}

}  // namespace hourglass::evaluation
