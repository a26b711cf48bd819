#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hourglass {

/// The processes that train one model together, each on its share of every batch. This one is alone;
/// training/process_group.h joins several.
///
/// All of them call the same functions in the same order, with tensors of the same shapes where
/// nothing else is said: a call returns once all have made it. Throws `Error` where another process
/// has ended.
class Processes {
 public:
  virtual ~Processes() = default;

  virtual int64_t count() const { return 1; }
  virtual int64_t rank() const { return 0; }        ///< 0 … count() − 1; rank 0 writes files
  virtual int64_t count_here() const { return 1; }  ///< that share this machine's cores
  bool alone() const { return count() == 1; }
  bool first() const { return rank() == 0; }

  /// `values` becomes its sum over all processes, the same bits in each.
  virtual void sum(const at::Tensor& /*values*/) const {}

  struct Gathered {
    at::Tensor rows;    ///< [N, …]
    int64_t first = 0;  ///< where this process's begin
  };
  /// The rows [n, …] of all processes, n their own each, in the order of their ranks.
  virtual Gathered gather(const at::Tensor& rows) const { return {rows}; }

  /// `values` becomes that of rank 0.
  virtual void broadcast(const at::Tensor& /*values*/) const {}

  /// Which of a batch's items are this process's: neighbours, as many as another's or one more.
  struct Share {
    int64_t first, count;
  };
  Share share(int64_t items) const {
    const int64_t begin = items * rank() / count();
    return {begin, items * (rank() + 1) / count() - begin};
  }
};

/// No other process.
inline const Processes kAlone;

}  // namespace hourglass
