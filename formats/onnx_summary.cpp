#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/onnx.h"
#include "hourglass/formats/onnx_wire.h"
#include "hourglass/formats/shape_check.h"

#include <fmt/ranges.h>

#include <optional>
#include <protozero/pbf_reader.hpp>

namespace hourglass::formats {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::tag_and_type;

constexpr auto kBytes = pbf_wire_type::length_delimited;
constexpr auto kVarint = pbf_wire_type::varint;

/// Whether bytes are UTF-8 without control characters, other than those of lines: what may be shown.
bool is_text(std::string_view bytes) {
  size_t more = 0;
  uint32_t point = 0, least = 0;
  for (const char character : bytes) {
    const auto byte = static_cast<uint8_t>(character);
    if (more > 0) {
      if ((byte & 0xC0U) != 0x80) return false;
      point = (point << 6) | (byte & 0x3FU);
      if (--more == 0 && (point < least || point > 0x10FFFF || (point >> 11) == 0x1B)) return false;
      continue;
    }
    if (byte < 0x80) {
      if (byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') return false;
    } else if ((byte & 0xE0U) == 0xC0) {
      more = 1, point = byte & 0x1FU, least = 0x80;
    } else if ((byte & 0xF0U) == 0xE0) {
      more = 2, point = byte & 0x0FU, least = 0x800;
    } else if ((byte & 0xF8U) == 0xF0) {
      more = 3, point = byte & 0x07U, least = 0x10000;
    } else {
      return false;
    }
  }
  return more == 0;
}

/// Reads the messages of an ONNX file, skipping what it does not know.
class SummaryReader {
 public:
  SummaryReader(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  OnnxSummary read() {
    try {
      read_model(pbf_reader(bytes_.data(), bytes_.size()));
    } catch (const protozero::exception& error) {
      throw Error("{}: expected an ONNX file, found {} bytes that are none ({})", file_,
                  bytes_.size(), error.what());
    }
    if (!has_graph_ || summary_.ir_version < 1 || summary_.opset < 1) {
      throw Error("{}: expected an ONNX file, found {} bytes without {}", file_, bytes_.size(),
                  has_graph_ ? "its versions" : "a graph");
    }
    return std::move(summary_);
  }

 private:
  std::string_view bytes_;
  const std::string& file_;
  OnnxSummary summary_;
  bool has_graph_ = false;

  std::string text(pbf_reader& reader) const {
    const auto view = reader.get_view();
    std::string found(view.data(), view.size());
    if (!is_text(found)) {
      throw Error("{}: expected names and texts in UTF-8 in an ONNX file, found other bytes",
                  file_);
    }
    return found;
  }

  /// A text of one line.
  std::string name(pbf_reader& reader) const {
    std::string found = text(reader);
    if (found.find_first_of("\n\r\t") == std::string::npos) return found;
    throw Error("{}: expected names of one line in an ONNX file, found one of several", file_);
  }

  void read_model(pbf_reader reader) {
    namespace field = onnx::model;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case tag_and_type(field::kIrVersion, kVarint):
          summary_.ir_version = reader.get_int64();
          break;
        case tag_and_type(field::kProducerName, kBytes):
          summary_.producer_name = name(reader);
          break;
        case tag_and_type(field::kProducerVersion, kBytes):
          summary_.producer_version = name(reader);
          break;
        case tag_and_type(field::kGraph, kBytes):
          has_graph_ = true;
          read_graph(reader.get_message());
          break;
        case tag_and_type(field::kOpsets, kBytes): read_opset(reader.get_message()); break;
        case tag_and_type(field::kMetadata, kBytes): read_entry(reader.get_message()); break;
        default: reader.skip();
      }
    }
  }

  /// The version of ONNX's own operations; others' domains have a name.
  void read_opset(pbf_reader reader) {
    std::string domain;
    int64_t version = 0;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case tag_and_type(onnx::opset::kDomain, kBytes): domain = name(reader); break;
        case tag_and_type(onnx::opset::kVersion, kVarint): version = reader.get_int64(); break;
        default: reader.skip();
      }
    }
    if (domain.empty() || domain == "ai.onnx") summary_.opset = version;
  }

  void read_entry(pbf_reader reader) {
    std::string key, value;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case tag_and_type(onnx::entry::kKey, kBytes): key = name(reader); break;
        case tag_and_type(onnx::entry::kValue, kBytes): value = text(reader); break;
        default: reader.skip();
      }
    }
    summary_.metadata[key] = value;
  }

  void read_graph(pbf_reader reader) {
    namespace field = onnx::graph;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case tag_and_type(field::kName, kBytes): summary_.graph_name = name(reader); break;
        case tag_and_type(field::kNodes, kBytes): read_node(reader.get_message()); break;
        case tag_and_type(field::kInitializers, kBytes):
          summary_.initializers.push_back(read_initializer(reader.get_message()));
          break;
        case tag_and_type(field::kInputs, kBytes):
          summary_.inputs.push_back(read_port(reader.get_message()));
          break;
        case tag_and_type(field::kOutputs, kBytes):
          summary_.outputs.push_back(read_port(reader.get_message()));
          break;
        default: reader.skip();
      }
    }
  }

  void read_node(pbf_reader reader) {
    std::string type, domain;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case tag_and_type(onnx::node::kType, kBytes): type = name(reader); break;
        case tag_and_type(onnx::node::kDomain, kBytes): domain = name(reader); break;
        default: reader.skip();
      }
    }
    ++summary_.operations[domain.empty() ? type : domain + "." + type];
  }

  OnnxSummary::Port read_port(pbf_reader reader) {
    OnnxSummary::Port port;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case tag_and_type(onnx::port::kName, kBytes): port.name = name(reader); break;
        case tag_and_type(onnx::port::kType, kBytes): read_type(reader.get_message(), port); break;
        default: reader.skip();
      }
    }
    return port;
  }

  void read_type(pbf_reader reader, OnnxSummary::Port& port) {
    while (reader.next()) {
      if (reader.tag_and_type() == tag_and_type(onnx::type::kTensor, kBytes)) {
        read_tensor_type(reader.get_message(), port);
      } else {
        reader.skip();
      }
    }
  }

  void read_tensor_type(pbf_reader reader, OnnxSummary::Port& port) {
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case tag_and_type(onnx::type::kElement, kVarint):
          port.type = onnx::name_of_type(reader.get_int64());
          break;
        case tag_and_type(onnx::type::kSizes, kBytes): {
          pbf_reader sizes = reader.get_message();
          while (sizes.next(onnx::type::kSize, kBytes)) {
            port.sizes.push_back(read_size(sizes.get_message()));
          }
          break;
        }
        default: reader.skip();
      }
    }
  }

  std::string read_size(pbf_reader reader) {
    std::string size = "?";
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case tag_and_type(onnx::type::kNumber, kVarint):
          size = std::to_string(reader.get_int64());
          break;
        case tag_and_type(onnx::type::kSymbol, kBytes): size = name(reader); break;
        default: reader.skip();
      }
    }
    return size;
  }

  OnnxSummary::Initializer read_initializer(pbf_reader reader) {
    OnnxSummary::Initializer found;
    int64_t type = 0;
    std::optional<int64_t> bytes;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case tag_and_type(onnx::tensor::kSizes, kVarint):
          found.sizes.push_back(reader.get_int64());
          break;
        // Sizes may also lie in a row.
        case tag_and_type(onnx::tensor::kSizes, kBytes):
          for (const int64_t size : reader.get_packed_int64()) found.sizes.push_back(size);
          break;
        case tag_and_type(onnx::tensor::kType, kVarint): type = reader.get_int64(); break;
        case tag_and_type(onnx::tensor::kName, kBytes): found.name = name(reader); break;
        case tag_and_type(onnx::tensor::kBytes, kBytes):
          bytes = static_cast<int64_t>(reader.get_view().size());
          break;
        default: reader.skip();
      }
    }
    found.type = onnx::name_of_type(type);
    found.bytes = bytes.value_or(0);
    check(found, onnx::size_of_type(type), bytes.has_value());
    return found;
  }

  /// Throws unless an initializer's bytes are as many as its sizes ask for.
  void check(const OnnxSummary::Initializer& found, int64_t element, bool has_bytes) const {
    const auto count = checked_element_count(found.sizes);
    if (!count) {
      throw Error("{}: expected sizes of an array for '{}', found {}", file_,
                  shortened(found.name, 80),
                  shortened(fmt::format("{}", fmt::join(found.sizes, " x ")), 80));
    }
    // Values may lie elsewhere: as numbers of the message, or in another file.
    if (!has_bytes || element == 0) return;
    if (found.bytes % element != 0 || found.bytes / element != *count) {
      throw Error("{}: expected {} values of {} for '{}', found {} bytes", file_, *count,
                  found.type, shortened(found.name, 80), found.bytes);
    }
  }
};

}  // namespace

OnnxSummary parse_onnx_summary(std::string_view bytes, const std::string& name) {
  return SummaryReader(bytes, name).read();
}

OnnxSummary read_onnx_summary(const std::filesystem::path& path) {
  return parse_onnx_summary(read_file(path), path.string());
}

}  // namespace hourglass::formats
