#include "hourglass/evaluation/assignment.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace hourglass::evaluation {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// Assigns the rows of a matrix that has at least as many columns, one row after the other. Prices
/// keep every reduced cost (cost − row price − column price) at 0 or above, and that of assigned
/// pairs at 0.
class Assigner {
 public:
  explicit Assigner(const at::Tensor& cost)
      : cost_(cost.to(at::kDouble).contiguous()),
        rows_(cost.size(0)),
        columns_(cost.size(1)),
        row_price_(static_cast<size_t>(rows_), 0),
        column_price_(static_cast<size_t>(columns_), 0),
        row_of_(static_cast<size_t>(columns_), -1) {}

  std::vector<int64_t> run() {
    for (int64_t row = 0; row < rows_; ++row) add(row);
    std::vector<int64_t> column_of(static_cast<size_t>(rows_), -1);
    for (int64_t column = 0; column < columns_; ++column) {
      const int64_t row = row_of_[static_cast<size_t>(column)];
      if (row >= 0) column_of[static_cast<size_t>(row)] = column;
    }
    return column_of;
  }

 private:
  at::Tensor cost_;
  int64_t rows_, columns_;
  std::vector<double> row_price_, column_price_;
  std::vector<int64_t> row_of_;  // of each column; −1: free

  /// Finds the shortest path from a row over assigned pairs to a free column (Dijkstra), and moves
  /// each row on it to its next column.
  void add(int64_t start) {
    const auto columns = static_cast<size_t>(columns_);
    std::vector<double> distance(columns, kInfinite);
    std::vector<int64_t> from(columns, -1);  // the column before, on the shortest path
    std::vector<char> reached(columns, 0);
    std::vector<size_t> order;  // reached columns
    const double* costs = cost_.const_data_ptr<double>();
    int64_t row = start, last = -1;
    double so_far = 0;
    while (true) {
      const double* own = costs + row * columns_;
      const double price = row_price_[static_cast<size_t>(row)];
      size_t nearest = columns;
      for (size_t c = 0; c < columns; ++c) {
        if (reached[c]) continue;
        const double candidate = so_far + own[c] - price - column_price_[c];
        if (candidate < distance[c]) distance[c] = candidate, from[c] = last;
        if (nearest == columns || distance[c] < distance[nearest]) nearest = c;
      }
      so_far = distance[nearest];
      reached[nearest] = 1;
      last = static_cast<int64_t>(nearest);
      if (row_of_[nearest] < 0) break;
      order.push_back(nearest);
      row = row_of_[nearest];
    }
    row_price_[static_cast<size_t>(start)] += so_far;
    for (const size_t c : order) {
      row_price_[static_cast<size_t>(row_of_[c])] += so_far - distance[c];
      column_price_[c] -= so_far - distance[c];
    }
    for (int64_t column = last; column >= 0;) {
      const int64_t before = from[static_cast<size_t>(column)];
      row_of_[static_cast<size_t>(column)] =
          before < 0 ? start : row_of_[static_cast<size_t>(before)];
      column = before;
    }
  }
};

}  // namespace

std::vector<int64_t> best_assignment(const at::Tensor& cost) {
  if (cost.size(0) <= cost.size(1)) return Assigner(cost).run();
  const std::vector<int64_t> row_of_column = Assigner(cost.t()).run();
  std::vector<int64_t> column_of(static_cast<size_t>(cost.size(0)), -1);
  for (size_t column = 0; column < row_of_column.size(); ++column) {
    column_of[static_cast<size_t>(row_of_column[column])] = static_cast<int64_t>(column);
  }
  return column_of;
}

}  // namespace hourglass::evaluation
