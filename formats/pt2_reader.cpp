#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/json.h"
#include "hourglass/formats/pt2.h"
#include "hourglass/formats/pt2_names.h"
#include "hourglass/formats/shape_check.h"
#include "hourglass/formats/zip.h"

#include <ATen/ATen.h>

#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace hourglass::formats {
namespace {

using nlohmann::json;

constexpr int64_t kMostSizes = 64;
// Of a tensor's dimension, of every part of the expression of one; no product of two of them overflows.
constexpr int64_t kMostSize = int64_t{1} << 31U;

/// The files of an archive, without the folder that everything lies in.
class ArchiveFiles {
 public:
  explicit ArchiveFiles(const std::filesystem::path& path) : path_(path.string()) {
    std::error_code ignored;
    const uint64_t size = std::filesystem::file_size(path, ignored);
    uint64_t stored = 0;
    for (const ZipEntry& entry : list_zip(path)) {
      stored += entry.stored_size;
      if (stored > size || entry.size != entry.stored_size) {
        throw Error(
            "{}: expected uncompressed contents within the file's {} bytes, found '{}' of {} bytes",
            path_, size, entry.name, entry.size);
      }
    }
    for (auto& file : read_zip(path)) {
      files_[std::string(name_in_folder(file.name))] = std::move(file.bytes);
    }
  }

  const std::string* find(const std::string& name) const {
    const auto found = files_.find(name);
    return found == files_.end() ? nullptr : &found->second;
  }

  const std::string& get(const std::string& name) const {
    if (const std::string* bytes = find(name)) return *bytes;
    throw Error("{}: expected a .pt2 archive of torch.export with '{}', found none", path_, name);
  }

  /// The file as `type`; what is left over at its end is left out. All tensors of a file share its
  /// memory: parameters may name one file any number of times.
  at::Tensor values(const std::string& name, at::ScalarType type) {
    const std::string& bytes = get(name);
    at::Tensor& all = tensors_[name];
    if (!all.defined()) {
      all = at::empty({std::ssize(bytes)}, at::kByte);
      if (!bytes.empty()) std::memcpy(all.mutable_data_ptr(), bytes.data(), bytes.size());
    }
    const auto item = static_cast<int64_t>(c10::elementSize(type));
    return all.narrow(0, 0, std::ssize(bytes) / item * item).view(type);
  }

  json get_json(const std::string& name) const { return parse_json(get(name), where(name)); }
  std::string where(const std::string& name) const { return path_ + ": " + name; }

  /// "encode" for models/encode.json.
  std::vector<std::string> programs() const {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : files_) {
      if (name.starts_with("models/") && name.ends_with(".json"))
        names.push_back(name.substr(7, name.size() - 12));
    }
    return names;
  }

 private:
  std::string path_;
  std::map<std::string, std::string> files_;
  std::map<std::string, at::Tensor> tensors_;  // the bytes of those that were asked for
};

/// Reads one program. JSON's own errors say what was of another type; see `read_pt2`.
class ProgramReader {
 public:
  ProgramReader(ArchiveFiles& files, const std::string& name, std::string method)
      : files_(files), where_(files.where("models/" + name + ".json")) {
    graph_.method = std::move(method);
    const json program = files.get_json("models/" + name + ".json");
    const int64_t major = program.at("schema_version").at("major");
    if (major != pt2::kSchemaMajor) {
      throw Error("{}: expected schema version {}, found {}", where_, pt2::kSchemaMajor, major);
    }
    const json& text = program.at("graph_module").at("graph");
    read_values(text);
    read_signature(program.at("graph_module").at("signature"), name);
    for (const auto& node : text.at("nodes")) read_node(node);
    for (const auto& output : text.at("outputs"))
      graph_.outputs.push_back(id_of(output.at("as_tensor").at("name")));
  }

  Graph take() { return std::move(graph_); }

 private:
  ArchiveFiles& files_;
  std::string where_;
  Graph graph_;
  std::map<std::string, ValueId> ids_;
  std::map<std::string, Size> sizes_;
  std::string symbol_;

  [[noreturn]] void fail(const std::string& expected, const std::string& found) const {
    throw Error("{}: expected {}, found {}", where_, expected, found);
  }

  ValueId id_of(const std::string& name) const {
    const auto found = ids_.find(name);
    if (found == ids_.end()) fail("a tensor that is declared", "'" + name + "'");
    return found->second;
  }

  void read_values(const json& text) {
    for (const auto& [name, meta] : text.at("tensor_values").items()) {
      const auto type = pt2::type_of(meta.at("dtype"));
      if (!type) fail("a known type of tensor", meta.at("dtype").dump());
      Value value = {.name = name, .type = *type};
      if (meta.at("sizes").size() > kMostSizes) fail("at most 64 dimensions", "more");
      for (const auto& size : meta.at("sizes")) value.sizes.push_back(size_of(size));
      ids_[name] = graph_.values.size();
      graph_.values.push_back(std::move(value));
    }
    for (const auto& [name, size] : text.at("sym_int_values").items()) sizes_[name] = size_of(size);
  }

  /// {"as_int": 3}, or an expression of the batch: Symbol(…), Mul(Integer(4), Symbol(…)), Add(…, Integer(1)).
  Size size_of(const json& size) {
    if (size.contains("as_int")) return {size.at("as_int").get<int64_t>(), 0};
    const std::string text = size.at("as_expr").at("expr_str");
    size_t at = 0;
    const Size result = read_expression(text, at, 0);
    if (at != text.size()) fail("a size", text);
    return result;
  }

  Size read_expression(const std::string& text, size_t& at, int depth) {
    const auto take = [&](const std::string& word) {
      if (text.compare(at, word.size(), word) != 0) return false;
      at += word.size();
      return true;
    };
    if (depth > 8) fail("a size", text);
    if (take("Symbol('")) {
      const size_t end = text.find('\'', at);
      if (end == std::string::npos) fail("a size", text);
      const std::string name = text.substr(at, end - at);
      if (!symbol_.empty() && name != symbol_)
        fail("one free size, the batch", "'" + symbol_ + "' and '" + name + "'");
      symbol_ = name;
      at = text.find(')', end);
      if (at == std::string::npos) fail("a size", text);
      ++at;
      return {0, 1};
    }
    if (take("Integer(")) {
      const size_t end = text.find(')', at);
      const auto number = parse_integer(text.substr(at, end == std::string::npos ? 0 : end - at));
      if (!number) fail("a size", text);
      at = end + 1;
      return bounded({*number, 0}, text);
    }
    const bool multiplies = take("Mul(");
    if (!multiplies && !take("Add(")) fail("a size", text);
    const Size a = read_expression(text, at, depth + 1);
    if (!take(", ")) fail("a size", text);
    const Size b = read_expression(text, at, depth + 1);
    if (!take(")")) fail("a size", text);
    if (!multiplies) return bounded({a.fixed + b.fixed, a.per_item + b.per_item}, text);
    if (!a.is_fixed() && !b.is_fixed()) {
      fail("a size that grows evenly with the batch", text);
    }
    return bounded({a.fixed * b.fixed, a.fixed * b.per_item + a.per_item * b.fixed}, text);
  }

  Size bounded(Size size, const std::string& text) const {
    for (const int64_t number : {size.fixed, size.per_item}) {
      if (number < -kMostSize || number > kMostSize) fail("a size", text);
    }
    return size;
  }

  void read_signature(const json& signature, const std::string& name) {
    const json weights =
        files_.get_json("data/weights/" + name + "_weights_config.json").at("config");
    const json constants =
        files_.get_json("data/constants/" + name + "_constants_config.json").at("config");
    for (const auto& spec : signature.at("input_specs")) {
      if (spec.contains("user_input")) {
        const ValueId id = id_of(spec.at("user_input").at("arg").at("as_tensor").at("name"));
        graph_.values[id].kind = Value::Kind::Input;
        graph_.inputs.push_back(id);
      } else if (spec.contains("parameter")) {
        take_stored(spec.at("parameter"), "parameter_name", Value::Kind::Parameter, "data/weights/",
                    weights);
      } else if (spec.contains("buffer")) {
        take_stored(spec.at("buffer"), "buffer_name", Value::Kind::Buffer, "data/weights/",
                    weights);
      } else if (spec.contains("tensor_constant")) {
        take_stored(spec.at("tensor_constant"), "tensor_constant_name", Value::Kind::Constant,
                    "data/constants/", constants);
      } else {
        if (spec.empty()) fail("parameters, buffers, constants and inputs", "nothing");
        fail("parameters, buffers, constants and inputs", spec.items().begin().key());
      }
    }
  }

  void take_stored(const json& spec, const char* name_key, Value::Kind kind,
                   const std::string& folder, const json& config) {
    Value& value = graph_.values[id_of(spec.at("arg").at("name"))];
    value.kind = kind;
    value.name = spec.at(name_key);
    const json& entry = config.at(value.name);
    if (entry.at("use_pickle")) fail("tensors as raw bytes", "'" + value.name + "' pickled");
    const std::string file = folder + entry.at("path_name").get<std::string>();
    value.constant = stored_tensor(value, entry.at("tensor_meta"), file);
  }

  /// A view of the file, without a copy.
  at::Tensor stored_tensor(const Value& value, const json& meta, const std::string& file) {
    const int64_t offset = meta.at("storage_offset").at("as_int");
    Shape shape, strides;
    for (size_t i = 0; i < value.sizes.size(); ++i) {
      if (!value.sizes[i].is_fixed())
        fail("a fixed shape for '" + value.name + "'", "one that grows");
      shape.push_back(value.sizes[i].fixed);
      strides.push_back(meta.at("strides").at(i).at("as_int"));
    }
    const at::Tensor whole = files_.values(file, value.type);
    const int64_t most = whole.numel();
    const auto end = strided_end(offset, shape, strides), count = checked_element_count(shape);
    // Strides of 0 could make any number of values of the one that is stored.
    if (!end || *end > most || !count || *count > most) {
      fail(fmt::format("'{}' of {} within {}", value.name, shape_text(shape), file),
           fmt::format("{} bytes", files_.get(file).size()));
    }
    return whole.as_strided(shape, strides, offset);
  }

  void read_node(const json& node) {
    const std::string target = node.at("target");
    if (node.at("outputs").at(0).contains("as_sym_int"))
      return;  // told by its value, see sym_int_values
    const std::string prefix = "torch.ops.aten.";
    const size_t dot = target.rfind('.');
    if (!target.starts_with(prefix) || dot <= prefix.size()) fail("an operation of ATen", target);
    const std::string overload = target.substr(dot + 1);
    Operation operation = {.name = "aten::" + target.substr(prefix.size(), dot - prefix.size()),
                           .overload = overload == "default" ? "" : overload};
    for (const auto& input : node.at("inputs")) {
      constexpr int kKeyword = 2;
      operation.arguments.push_back(
          {input.at("name"), content_of(input.at("arg")), input.value("kind", 1) == kKeyword});
    }
    for (const auto& output : node.at("outputs")) {
      if (output.contains("as_tensor")) {
        operation.results.push_back(id_of(output.at("as_tensor").at("name")));
      } else {
        for (const auto& tensor : output.at("as_tensors"))
          operation.results.push_back(id_of(tensor.at("name")));
      }
    }
    graph_.operations.push_back(std::move(operation));
  }

  Argument::Content content_of(const json& argument) {
    if (!argument.is_object() || argument.empty()) fail("an argument", argument.dump());
    const std::string kind = argument.items().begin().key();
    const json& value = argument.items().begin().value();
    if (kind == "as_none" || kind == "as_device" || kind == "as_layout" ||
        kind == "as_memory_format")
      return std::monostate();
    if (kind == "as_tensor") return id_of(value.at("name"));
    if (kind == "as_tensors") {
      std::vector<ValueId> ids;
      for (const auto& tensor : value) ids.push_back(id_of(tensor.at("name")));
      return ids;
    }
    if (kind == "as_bool") return value.get<bool>();
    if (kind == "as_float") return value.get<double>();
    if (kind == "as_string") return value.get<std::string>();
    if (kind == "as_floats") return value.get<std::vector<double>>();
    if (kind == "as_int") return Size{value.get<int64_t>(), 0};
    if (kind == "as_sym_int") return named_size(value);
    if (kind == "as_ints" || kind == "as_sym_ints") {
      std::vector<Size> sizes;
      for (const auto& size : value)
        sizes.push_back(size.is_number() ? Size{size.get<int64_t>(), 0} : named_size(size));
      return sizes;
    }
    if (kind == "as_scalar_type") {
      if (const auto type = pt2::type_of(value)) return *type;
    }
    fail("an argument of numbers, texts and tensors", kind);
  }

  Size named_size(const json& size) {
    if (size.contains("as_int")) return {size.at("as_int").get<int64_t>(), 0};
    const auto found = sizes_.find(size.at("as_name"));
    if (found == sizes_.end()) fail("a size that is declared", size.dump());
    return found->second;
  }
};

}  // namespace

Pt2File read_pt2(const std::filesystem::path& path) {
  ArchiveFiles files(path);
  if (files.get("archive_format") != "pt2") {
    throw Error("{}: expected an archive of format pt2, found another", path.string());
  }
  Pt2File file;
  if (const std::string* card = files.find("extra/hourglass.json")) file.card = *card;
  const auto names = files.programs();
  const bool has_forward = std::find(names.begin(), names.end(), "forward") != names.end();
  for (const auto& name : names) {
    if (name == "model" && has_forward) continue;  // the same under the name that Python loads
    try {
      file.methods.push_back(ProgramReader(files, name, name == "model" ? "forward" : name).take());
    } catch (const json::exception& error) {
      throw Error("{}: expected a program of torch.export, found {}",
                  files.where("models/" + name + ".json"), error.what());
    }
  }
  return file;
}

}  // namespace hourglass::formats
