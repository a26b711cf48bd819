#include "hourglass/evaluation/search_codes.h"

#include "hourglass/core/error.h"
#include "hourglass/evaluation/code_matrix.h"

#include <ATen/ATen.h>

#include <cmath>

namespace hourglass::evaluation {

SearchCodes search_codes(const at::Tensor& codes, Distance distance) {
  at::Tensor values = code_matrix(codes, at::kFloat);
  if (distance == Distance::Cosine) {
    const at::Tensor lengths = at::linalg_vector_norm(values, 2, 1, true, at::kDouble);
    values = (values / lengths.masked_fill(lengths == 0, 1)).to(at::kFloat);
  }
  return {values, at::linalg_vector_norm(values, 2, 1, false, at::kDouble).square()};
}

CodeDistance::CodeDistance(const at::Tensor& entries, const at::Tensor& queries,
                           const NeighbourOptions& options)
    : distance_(options.distance),
      entries_(search_codes(entries, options.distance)),
      queries_(search_codes(queries, options.distance)),
      factor_(options.distance == Distance::Cosine ? -1 : -2),
      longest_entry_(std::sqrt(entries_.squares.max().item<double>())) {
  if (queries_.width() != entries_.width()) {
    throw Error("neighbours: expected queries of {} values like the index, found {}",
                entries_.width(), queries_.width());
  }
  if (options.own_rows.defined()) {
    own_rows_ = options.own_rows.to(at::kCPU, at::kLong).contiguous();
    if (own_rows_.numel() != queries_.count()) {
      throw Error("neighbours: expected one own row a query, found {} for {} queries",
                  own_rows_.numel(), queries_.count());
    }
  }
  const bool cosine = distance_ == Distance::Cosine;
  entry_terms_ = cosine ? at::ones_like(entries_.squares) : entries_.squares;
}

int64_t CodeDistance::own_row(int64_t query) const {
  return own_rows_.defined() ? own_rows_.const_data_ptr<int64_t>()[query] : int64_t{-1};
}

double CodeDistance::exact(int64_t query, int64_t entry) const {
  const float *a = queries_.row(query), *b = entries_.row(entry);
  const int64_t width = entries_.width();
  double sum = 0;
  if (distance_ == Distance::Cosine) {
    for (int64_t i = 0; i < width; ++i) sum += static_cast<double>(a[i]) * b[i];
    return 1 - sum;
  }
  for (int64_t i = 0; i < width; ++i) {
    const double difference = static_cast<double>(a[i]) - b[i];
    sum += difference * difference;
  }
  return sum;
}

at::Tensor CodeDistance::products(int64_t first_query, int64_t queries, int64_t first_entry,
                                  int64_t entries, at::ScalarType type) const {
  return at::addmm(entry_terms_.narrow(0, first_entry, entries).to(type),
                   queries_.values.narrow(0, first_query, queries).to(type),
                   entries_.values.narrow(0, first_entry, entries).to(type).t(),
                   /*beta=*/1, /*alpha=*/factor_);
}

double CodeDistance::query_term(int64_t query) const {
  if (distance_ == Distance::Cosine) return 0;
  return queries_.squares.const_data_ptr<double>()[query];
}

double CodeDistance::rounding_bound(int64_t query, double epsilon) const {
  const double reach = std::sqrt(queries_.squares.const_data_ptr<double>()[query]) + longest_entry_;
  const double scale = distance_ == Distance::Cosine ? reach + 1 : reach;
  return static_cast<double>(entries_.width() + 2) * epsilon * scale * scale;
}

}  // namespace hourglass::evaluation
