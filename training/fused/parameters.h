#pragma once

#include "hourglass/core/named_tensor.h"
#include "hourglass/training/fused/flow.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::training::fused {

/// One parameter as the engine keeps it: a matrix whose rows are padded with zeros.
struct Parameter {
  std::string name;   ///< the model's: "encoder.dense1.weight"
  at::Tensor tensor;  ///< the model's
  Shape shape;        ///< by which it is seen here
  std::vector<int64_t>
      order;           ///< dimensions of that shape as they lie here, the last being the columns
  int64_t offset = 0;  ///< of the first value
  int64_t rows = 0, columns = 0;
  int64_t stride = 0;  ///< from row to row
};

/// Of so many values those of a part: whole lines of the cache, as even as they can be.
struct LineRange {
  int64_t first = 0, count = 0;
};
LineRange lines_of(int64_t values, int part, int parts);

/// What one of several threads works on of a parameter's matrix.
struct MatrixPart {
  int64_t first_row = 0, rows = 0;
  int64_t first_column = 0, columns = 0;
};

/// The part of this number: rows, or columns where there are more of them, as whole lines of the cache.
/// The same parts for everybody, so that what writes a gradient after another needs not wait.
MatrixPart part_of(const Parameter& parameter, int part, int parts);

/// All parameters of a model in one vector of P values, in the layout that suits the products, and
/// their gradient: one for each shard of the batch, or one that the shards write together.
class Parameters {
 public:
  /// Adds a parameter of the model and returns its number; the same number where it was added
  /// before. `order` permutes its dimensions: {1, 0} keeps a matrix transposed. Where `shape` is
  /// given, the dimensions are those of the tensor's values in that shape.
  size_t add(const std::string& name, const at::Tensor& tensor, std::vector<int64_t> order,
             Shape shape = {});

  /// The number of a parameter that was added.
  std::optional<size_t> find(const at::Tensor& tensor) const;

  /// Makes the vectors, once all are added, and reads the model.
  void allocate(int gradients);

  std::vector<std::string> names() const;
  Shape shape(const std::string& name) const;  ///< the model's

  const Parameter& at(size_t number) const { return parameters_[number]; }
  int64_t size() const { return size_; }
  int gradients() const { return count_; }  ///< that were allocated
  float* values() const { return values_.data(); }
  float* values(size_t number) const { return values_.data() + parameters_[number].offset; }
  /// Those of the shards lie `size()` apart.
  float* gradient(int shard) const { return gradients_.data() + shard * size_; }
  float* gradient(size_t number, int shard) const {
    return gradient(shard) + parameters_[number].offset;
  }

  void read_model();         ///< the model's tensors -> values
  void write_model() const;  ///< values -> the model's tensors

  /// A vector of P values as copies in the shapes and under the names of the parameters, and back.
  TensorMap named(const float* vector) const;
  void from_named(const TensorMap& tensors, float* vector) const;

 private:
  std::vector<Parameter> parameters_;
  int64_t size_ = 0;
  Floats values_;
  int count_ = 0;
  Floats gradients_;  // [count, size]
};

}  // namespace hourglass::training::fused
