#pragma once

#include "hourglass/evaluation/neighbours.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

// What searches among codes share. N is the number of codes, D the size of one.

namespace hourglass::evaluation {

/// The codes of one side as a search needs them.
struct SearchCodes {
  at::Tensor values;   ///< [N, D] float32 on the CPU; for the cosine scaled to unit length
  at::Tensor squares;  ///< [N] float64: squared lengths

  int64_t count() const { return values.size(0); }
  int64_t width() const { return values.size(1); }
  const float* row(int64_t i) const { return values.const_data_ptr<float>() + i * width(); }
};

/// Throws `Error` as `code_matrix` does.
SearchCodes search_codes(const at::Tensor& codes, Distance distance);

/// One entry found for a query. Entries at the same distance are ordered by row.
struct Candidate {
  double distance;
  int64_t row;

  friend bool operator<(const Candidate& a, const Candidate& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.row < b.row;
  }
};

/// The distance of queries and entries, by which all searches order them: the square of the Euclidean
/// one, or 1 − cosine. It is an entry's term + factor · product + the query's term, the product being
/// that of matrices: |b|² − 2·a·b + |a|², or 1 − a·b.
class CodeDistance {
 public:
  /// Throws `Error` where the codes differ in size, or the own rows are not one a query.
  CodeDistance(const at::Tensor& entries, const at::Tensor& queries,
               const NeighbourOptions& options);

  const SearchCodes& entries() const { return entries_; }
  const SearchCodes& queries() const { return queries_; }

  /// Entries that are not the query itself.
  int64_t available() const { return entries_.count() - (own_rows_.defined() ? 1 : 0); }

  /// The query's row among the entries; −1 where it is none of them.
  int64_t own_row(int64_t query) const;

  /// Computed one by one in float64: what decides.
  double exact(int64_t query, int64_t entry) const;

  /// Entry terms + factor · products in `type`, [queries, entries] of these two ranges; the query's
  /// term is left out.
  at::Tensor products(int64_t first_query, int64_t queries, int64_t first_entry, int64_t entries,
                      at::ScalarType type) const;

  double query_term(int64_t query) const;

  /// How far a distance out of the products may be off in a type of this `epsilon`: each of its
  /// D + 2 roundings is at most half an epsilon of (|a| + |b|)², here taken whole to be safe.
  double rounding_bound(int64_t query, double epsilon) const;

 private:
  Distance distance_;
  SearchCodes entries_, queries_;
  at::Tensor own_rows_;     // [Q] int64, or undefined
  at::Tensor entry_terms_;  // [N] float64
  double factor_;
  double longest_entry_;
};

}  // namespace hourglass::evaluation
