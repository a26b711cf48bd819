#pragma once

#include "hourglass/formats/graph.h"

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hourglass::formats::onnx {

// The messages of ONNX's files (onnx.proto) as far as they are written here. The room's own: users
// of it include onnx.h.

// Numbers of fields, by message.
namespace model {
inline constexpr uint32_t kIrVersion = 1, kProducerName = 2, kProducerVersion = 3, kGraph = 7,
                          kOpsets = 8, kMetadata = 14;
}
namespace opset {
inline constexpr uint32_t kDomain = 1, kVersion = 2;
}
namespace entry {
inline constexpr uint32_t kKey = 1, kValue = 2;
}
namespace graph {
inline constexpr uint32_t kNodes = 1, kName = 2, kInitializers = 5, kInputs = 11, kOutputs = 12,
                          kValues = 13;
}
namespace node {
inline constexpr uint32_t kInputs = 1, kOutputs = 2, kName = 3, kType = 4, kAttributes = 5,
                          kDescription = 6, kDomain = 7;
}
namespace attribute {
inline constexpr uint32_t kName = 1, kFloat = 2, kInteger = 3, kText = 4, kTensor = 5, kFloats = 7,
                          kIntegers = 8, kType = 20;
}
namespace tensor {
inline constexpr uint32_t kSizes = 1, kType = 2, kName = 8, kBytes = 9;
}
namespace port {
inline constexpr uint32_t kName = 1, kType = 2;
}
namespace type {
inline constexpr uint32_t kTensor = 1, kElement = 1, kSizes = 2, kSize = 1, kNumber = 1,
                          kSymbol = 2;
}

/// How ONNX numbers a type of elements. Throws `Error` that names `what` for one it has no number
/// for here.
int32_t number_of_type(at::ScalarType type, const std::string& what);

/// "float32" for ONNX's number of it; "type 17" for others.
std::string name_of_type(int64_t number);

/// The bytes of one element; 0 for types it has no name for.
int64_t size_of_type(int64_t number);

struct Attribute {
  using Content = std::variant<int64_t, float, std::string, std::vector<int64_t>,
                               std::vector<float>, at::Tensor>;
  std::string name;
  Content content;
};
using Attributes = std::vector<Attribute>;

struct Node {
  std::string type;  ///< "Gemm"
  std::vector<std::string> inputs, outputs;
  Attributes attributes = {};
  std::string name = {};   ///< "encoder.dense1/Gemm"
  std::string layer = {};  ///< "encoder.dense1"
};

struct Initializer {
  std::string name;
  at::Tensor value;
};

/// What a graph takes, gives or computes on the way.
struct Port {
  std::string name;
  at::ScalarType type;
  std::vector<Size> sizes;
};

struct Model {
  std::string graph_name;
  std::string producer_version;
  std::vector<Node> nodes;
  std::vector<Initializer> initializers;
  std::vector<Port> inputs, outputs, values;
  std::map<std::string, std::string> metadata;
};

/// The symbol of a size that grows with the batch: "batch", "16*batch", "16*batch+1".
std::string symbol_of(const Size& size);

/// The model as ONNX's bytes. Throws `Error` for one of 2 GiB or more, which no protocol buffer
/// holds, and for tensors of other types.
std::string bytes_of(const Model& model);

}  // namespace hourglass::formats::onnx
