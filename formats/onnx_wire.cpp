#include "hourglass/formats/onnx_wire.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/onnx.h"

#include <array>
#include <protozero/pbf_writer.hpp>

namespace hourglass::formats::onnx {
namespace {

struct ElementType {
  at::ScalarType type;
  int32_t number;  // onnx.TensorProto.DataType
  const char* name;
};

constexpr auto kElementTypes = std::to_array<ElementType>({{at::kFloat, 1, "float32"},
                                                           {at::kByte, 2, "uint8"},
                                                           {at::kChar, 3, "int8"},
                                                           {at::kShort, 5, "int16"},
                                                           {at::kInt, 6, "int32"},
                                                           {at::kLong, 7, "int64"},
                                                           {at::kBool, 9, "bool"},
                                                           {at::kHalf, 10, "float16"},
                                                           {at::kDouble, 11, "float64"},
                                                           {at::kBFloat16, 16, "bfloat16"}});

// onnx.AttributeProto.AttributeType
constexpr int32_t kFloatType = 1, kIntegerType = 2, kTextType = 3, kTensorType = 4, kFloatsType = 6,
                  kIntegersType = 7;

std::string bytes_of(const Initializer& initializer) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  const at::Tensor value = initializer.value.detach().cpu().contiguous();
  for (const int64_t size : value.sizes()) writer.add_int64(tensor::kSizes, size);
  writer.add_int32(tensor::kType, number_of_type(value.scalar_type(), initializer.name));
  writer.add_string(tensor::kName, initializer.name);
  writer.add_bytes(tensor::kBytes, static_cast<const char*>(value.const_data_ptr()),
                   value.nbytes());
  return bytes;
}

/// Writes an attribute's content and its type.
class ContentWriter {
 public:
  explicit ContentWriter(protozero::pbf_writer& writer) : writer_(writer) {}

  void operator()(int64_t number) {
    writer_.add_int64(attribute::kInteger, number);
    end(kIntegerType);
  }
  void operator()(float number) {
    writer_.add_float(attribute::kFloat, number);
    end(kFloatType);
  }
  void operator()(const std::string& text) {
    writer_.add_bytes(attribute::kText, text);
    end(kTextType);
  }
  void operator()(const std::vector<int64_t>& numbers) {
    for (const int64_t number : numbers) writer_.add_int64(attribute::kIntegers, number);
    end(kIntegersType);
  }
  void operator()(const std::vector<float>& numbers) {
    for (const float number : numbers) writer_.add_float(attribute::kFloats, number);
    end(kFloatsType);
  }
  void operator()(const at::Tensor& value) {
    writer_.add_message(attribute::kTensor, bytes_of(Initializer{.name = "", .value = value}));
    end(kTensorType);
  }

 private:
  protozero::pbf_writer& writer_;

  void end(int32_t type) { writer_.add_enum(attribute::kType, type); }
};

void write(protozero::pbf_writer& graph_writer, const Node& one) {
  protozero::pbf_writer writer(graph_writer, graph::kNodes);
  for (const auto& name : one.inputs) writer.add_string(node::kInputs, name);
  for (const auto& name : one.outputs) writer.add_string(node::kOutputs, name);
  writer.add_string(node::kName, one.name);
  writer.add_string(node::kType, one.type);
  for (const auto& [name, content] : one.attributes) {
    protozero::pbf_writer attribute_writer(writer, node::kAttributes);
    attribute_writer.add_string(attribute::kName, name);
    std::visit(ContentWriter(attribute_writer), content);
  }
  if (!one.layer.empty()) writer.add_string(node::kDescription, one.layer);
}

std::string bytes_of(const std::vector<Size>& sizes) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  for (const Size& size : sizes) {
    protozero::pbf_writer size_writer(writer, type::kSize);
    if (size.is_fixed()) {
      size_writer.add_int64(type::kNumber, size.fixed);
    } else {
      size_writer.add_string(type::kSymbol, symbol_of(size));
    }
  }
  return bytes;
}

void write(protozero::pbf_writer& graph_writer, uint32_t field, const Port& one) {
  protozero::pbf_writer writer(graph_writer, field);
  writer.add_string(port::kName, one.name);
  protozero::pbf_writer type_writer(writer, port::kType);
  protozero::pbf_writer tensor_writer(type_writer, type::kTensor);
  tensor_writer.add_enum(type::kElement, number_of_type(one.type, one.name));
  // Also where there are none: without the message a number would have unknown sizes.
  tensor_writer.add_message(type::kSizes, bytes_of(one.sizes));
}

void write_graph(protozero::pbf_writer& model_writer, const Model& one) {
  protozero::pbf_writer writer(model_writer, model::kGraph);
  for (const auto& part : one.nodes) write(writer, part);
  writer.add_string(graph::kName, one.graph_name);
  for (const auto& part : one.initializers) {
    writer.add_message(graph::kInitializers, bytes_of(part));
  }
  for (const auto& part : one.inputs) write(writer, graph::kInputs, part);
  for (const auto& part : one.outputs) write(writer, graph::kOutputs, part);
  for (const auto& part : one.values) write(writer, graph::kValues, part);
}

void check_size(const Model& model) {
  size_t bytes = 0;
  for (const auto& part : model.initializers) bytes += part.value.nbytes();
  // Names and nodes take some more.
  constexpr size_t kMost = (size_t{1} << 31) - (size_t{1} << 26);
  if (bytes > kMost) {
    throw Error(
        "{}: expected weights of less than 2 GiB, the most that an ONNX file holds, found {:.1f} "
        "GiB; a TorchScript file holds more",
        model.graph_name, static_cast<double>(bytes) / (1 << 30));
  }
}

}  // namespace

int32_t number_of_type(at::ScalarType type, const std::string& what) {
  for (const auto& one : kElementTypes) {
    if (one.type == type) return one.number;
  }
  throw Error("'{}': expected numbers or truth values for an ONNX file, found {}", what,
              c10::toString(type));
}

std::string name_of_type(int64_t number) {
  for (const auto& one : kElementTypes) {
    if (one.number == number) return one.name;
  }
  return fmt::format("type {}", number);
}

int64_t size_of_type(int64_t number) {
  for (const auto& one : kElementTypes) {
    if (one.number == number) return static_cast<int64_t>(c10::elementSize(one.type));
  }
  return 0;
}

std::string symbol_of(const Size& size) {
  const std::string share = size.per_item == 1 ? "batch" : fmt::format("{}*batch", size.per_item);
  return size.fixed == 0 ? share : fmt::format("{}{:+}", share, size.fixed);
}

std::string bytes_of(const Model& one) {
  check_size(one);
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_int64(model::kIrVersion, kOnnxIrVersion);
  writer.add_string(model::kProducerName, "Hourglass");
  writer.add_string(model::kProducerVersion, one.producer_version);
  write_graph(writer, one);
  {
    protozero::pbf_writer opset_writer(writer, model::kOpsets);
    opset_writer.add_string(opset::kDomain, "");
    opset_writer.add_int64(opset::kVersion, kOnnxOpset);
  }
  for (const auto& [key, value] : one.metadata) {
    protozero::pbf_writer entry_writer(writer, model::kMetadata);
    entry_writer.add_string(entry::kKey, key);
    entry_writer.add_string(entry::kValue, value);
  }
  return bytes;
}

}  // namespace hourglass::formats::onnx
