#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace hourglass::evaluation {

// A learned dictionary against the one that data were made of (SAELens' sae_lens/synthetic/evals.py).
// W learned vectors, N known ones, D values each. Vectors are compared by the absolute value of the
// cosine of their angle.

/// The vectors that data were made of, and, where that is known, how much of each is in each row.
struct KnownDictionary {
  std::string name;    ///< the file, for reports
  at::Tensor vectors;  ///< [N, D] float32

  /// Which vectors are in a row, as rows of a sparse matrix: those of row r are
  /// `indices[starts[r]] … indices[starts[r + 1] − 1]`, where `values` is above 0. int64 [R + 1],
  /// int64 [M], [M]; undefined where it is not known.
  at::Tensor starts, indices, values;

  bool knows_rows() const { return starts.defined(); }

  /// Which vectors are in these rows (int64 [B]): bool [B, N]. Throws `Error` for rows beyond those
  /// that are known.
  at::Tensor present(const at::Tensor& rows) const;
};

/// Reads `vectors`, "FILE.npy" or "FILE.safetensors#TENSOR" ([N, D]; the name may be left out where
/// there is one tensor), and `rows`, a safetensors file of "indptr", "indices" and "values"; "": none.
/// Throws `Error` where the files hold something else.
KnownDictionary read_known_dictionary(const std::string& vectors, const std::string& rows);

struct DictionaryMatch {
  /// The mean cosine of the best one-to-one assignment of learned to known vectors.
  double mcc = 0;
  /// Known vectors that are the nearest of some learned one, as a share of the learned ones.
  double uniqueness = 0;
  /// How well each unit tells whether its nearest known vector is in a row, the mean over units; 0 for
  /// units that do not speak. None where it is not known which vectors are in the rows.
  struct Detection {
    double precision = 0, recall = 0, f1 = 0;
  };
  std::optional<Detection> detection;
};

/// Compares batch by batch.
class DictionaryMatcher {
 public:
  /// `learned` is [W, D]; throws `Error` where D is another than the known vectors'. `known` must
  /// outlive the matcher.
  DictionaryMatcher(const at::Tensor& learned, const KnownDictionary& known);

  /// Codes [B, W] of these rows (int64 [B]).
  void add(const at::Tensor& code, const at::Tensor& rows);

  DictionaryMatch match() const;

 private:
  const KnownDictionary& known_;
  at::Tensor cosines_;                 // [W, N], absolute values
  at::Tensor nearest_;                 // int64 [W]
  at::Tensor found_, wrong_, missed_;  // [W] float64: true and false positives, false negatives
};

}  // namespace hourglass::evaluation
