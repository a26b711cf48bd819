#pragma once

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/c_source.h"
#include "hourglass/tests/support/program.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace hourglass::testing {

/// The path of a program of the system; empty where there is none.
inline std::string find_program(const std::string& name) {
  const char* folders = std::getenv("PATH");
  for (const auto& folder : split_text(folders ? folders : "", ':')) {
    const auto path = std::filesystem::path(folder) / name;
    if (std::filesystem::exists(path)) return path;
  }
  return "";
}

inline std::string c_compiler() { return find_program("cc"); }

inline std::vector<std::string> strict_c_flags() {
  return {"-std=c99",
          "-Wall",
          "-Wextra",
          "-Wpedantic",
          "-Werror",
          "-Wshadow",
          "-Wconversion",
          "-Wdouble-promotion",
          "-Wmissing-prototypes",
          "-Wstrict-prototypes"};
}

/// A generated file with a program around it that calls each of its functions on items.
class CProgram {
 public:
  CProgram(std::vector<formats::Graph> methods, const formats::CSourceOptions& options)
      : methods_(std::move(methods)),
        name_(options.name),
        source_(formats::c_source(methods_, options)) {
    write_file(folder_ / "model.c", source_);
    write_file(folder_ / "model.h", declarations());
    write_file(folder_ / "driver.c", driver());
  }

  const std::string& source() const { return source_; }
  std::filesystem::path file(const std::string& name) const { return folder_ / name; }

  /// Compiles one file or a program; returns the compiler's complaints.
  std::string compile(const std::vector<std::string>& arguments) const {
    const auto result = run(c_compiler(), arguments);
    return result.exit_code == 0 ? "" : shortened(result.errors + result.output, 3000);
  }

  std::string build(const std::vector<std::string>& flags) const {
    auto arguments = strict_c_flags();
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    for (const char* more : {"model.c", "driver.c"}) arguments.push_back(folder_ / more);
    arguments.insert(arguments.end(), {"-o", folder_ / "program", "-lm"});
    return compile(arguments);
  }

  /// The results of all methods for inputs [B, …]; `complaints` is what the program says.
  std::vector<std::vector<at::Tensor>> results(const std::vector<std::vector<at::Tensor>>& inputs,
                                               std::string& complaints) const {
    write_file(folder_ / "in", bytes_of_items(inputs));
    const int64_t items = inputs.front().front().size(0);
    const auto result =
        run(folder_ / "program", {folder_ / "in", folder_ / "out", std::to_string(items)});
    complaints = result.exit_code == 0 ? "" : shortened(result.errors, 3000) + " (failed)";
    if (!complaints.empty()) return {};
    return results_of(read_file(folder_ / "out"), items);
  }

 private:
  TemporaryFolder folder_;
  std::vector<formats::Graph> methods_;
  std::string name_, source_;

  static const char* c_type(at::ScalarType type) {
    if (c10::isFloatingType(type)) return "float";
    return type == at::kLong ? "long" : "unsigned char";
  }

  static int64_t count(const formats::Value& value) {
    int64_t count = 1;
    for (const auto& size : value.sizes) count *= size.at(1);
    return count;
  }

  static bool returns(const formats::Graph& graph) {
    return graph.outputs.size() == 1 && graph.value(graph.outputs[0]).sizes.size() == 1;
  }

  /// What a user copies into a header.
  std::string declarations() const {
    const size_t from = source_.find("/* ---- Declarations"),
                 end = source_.find("/* ----", from + 7);
    return source_.substr(from, end - from);
  }

  std::string driver() const {
    std::string functions, calls;
    for (const auto& graph : methods_) {
      const std::string method = graph.method == "forward" ? "reconstruct" : graph.method;
      std::string arrays, read, write, arguments;
      for (const bool is_input : {true, false}) {
        const auto& ids = is_input ? graph.inputs : graph.outputs;
        for (size_t i = 0; i < ids.size(); ++i) {
          const auto& value = graph.value(ids[i]);
          const std::string array = fmt::format("{}{}", is_input ? "in" : "out", i);
          arrays += fmt::format("    static {} {}[{}];\n", c_type(value.type), array, count(value));
          (is_input ? read : write) +=
              fmt::format("        if ({0}({1}, sizeof {1}, 1, {2}) != 1) return 1;\n",
                          is_input ? "fread" : "fwrite", array, is_input ? "from" : "to");
          if (is_input || !returns(graph)) arguments += (arguments.empty() ? "" : ", ") + array;
        }
      }
      const std::string assigned =
          returns(graph) ? fmt::format("out0[0] = ({})", c_type(graph.value(graph.outputs[0]).type))
                         : "";
      functions += fmt::format(
          "static int call_{0}(FILE *from, FILE *to, long items) {{\n{1}"
          "    for (long item = 0; item < items; ++item) {{\n{2}        {3}{4}_{0}({5});\n{6}"
          "    }}\n    return 0;\n}}\n\n",
          method, arrays, read, assigned, name_, arguments, write);
      calls +=
          fmt::format("    failed |= call_{}(from, to, strtol(arguments[3], 0, 10));\n", method);
    }
    return "#include <stdio.h>\n#include <stdlib.h>\n#include \"model.h\"\n\n" + functions +
           "int main(int count, char **arguments) {\n    int failed = count != 4;\n"
           "    FILE *from = fopen(arguments[1], \"rb\"), *to = fopen(arguments[2], \"wb\");\n"
           "    if (!from || !to) return 1;\n" +
           calls + "    fclose(from);\n    return fclose(to) || failed;\n}\n";
  }

  std::string bytes_of_items(const std::vector<std::vector<at::Tensor>>& inputs) const {
    std::string bytes;
    for (const auto& tensors : inputs) {
      for (int64_t item = 0; item < tensors.front().size(0); ++item) {
        for (const auto& tensor : tensors) {
          const at::Tensor one = tensor[item].contiguous();
          bytes.append(static_cast<const char*>(one.const_data_ptr()), one.nbytes());
        }
      }
    }
    return bytes;
  }

  std::vector<std::vector<at::Tensor>> results_of(const std::string& bytes, int64_t items) const {
    size_t at = 0;
    std::vector<std::vector<at::Tensor>> all;
    for (const auto& graph : methods_) {
      std::vector<std::vector<at::Tensor>> of_outputs(graph.outputs.size());
      for (int64_t item = 0; item < items; ++item) {
        for (size_t i = 0; i < graph.outputs.size(); ++i) {
          const auto& value = graph.value(graph.outputs[i]);
          std::vector<int64_t> sizes;
          for (const auto& size : value.sizes) sizes.push_back(size.at(1));
          at::Tensor one = at::empty(
              sizes, at::TensorOptions(value.type == at::kDouble ? at::kFloat : value.type));
          if (at + one.nbytes() > bytes.size()) throw Error("expected more results");
          std::copy_n(bytes.data() + at, one.nbytes(), static_cast<char*>(one.data_ptr()));
          at += one.nbytes();
          of_outputs[i].push_back(one);
        }
      }
      std::vector<at::Tensor> outputs;
      outputs.reserve(of_outputs.size());
      for (const auto& parts : of_outputs) outputs.push_back(at::cat(parts));
      all.push_back(outputs);
    }
    return all;
  }
};

}  // namespace hourglass::testing
