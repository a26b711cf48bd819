#include "hourglass/cli/run_model.h"

#include "hourglass/core/error.h"
#include "hourglass/core/fields.h"
#include "hourglass/formats/file_kind.h"

#include <string>
#include <system_error>

namespace hourglass::cli {
namespace {

constexpr const char* kProgramFile = "best.pt";
constexpr const char* kDataFile = "best.safetensors";

/// What stands in the place of a model that is data; "" where there is one.
std::string other_than_data(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder / kDataFile, ignored)) {
    return std::filesystem::exists(folder / kProgramFile, ignored)
               ? fmt::format("{} alone, a program", kProgramFile)
               : "none";
  }
  // By content: loading a program runs it, whatever its file is called.
  const formats::FileKind kind = formats::file_kind(folder / kDataFile);
  if (kind == formats::FileKind::Safetensors) return "";
  return formats::kind_text(folder / kDataFile, kind);
}

}  // namespace

void describe_untrusted(FieldTable& table, bool& untrusted) {
  table.add("untrusted", untrusted,
            "take models of safetensors alone, which are data: TorchScript is a program, and "
            "loading it runs what somebody wrote");
}

void RunModelOptions::describe(FieldTable& table) {
  table.begin_group("Model");
  describe_untrusted(table, untrusted);
}

std::filesystem::path run_model_path(const std::filesystem::path& folder,
                                     const RunModelOptions& options) {
  if (!options.untrusted) return folder / kProgramFile;
  const std::string other = other_than_data(folder);
  if (other.empty()) return folder / kDataFile;
  throw Error(
      "{}: `untrusted`: expected a model of safetensors with its card.json, which runs nothing, "
      "found {}; export --format safetensors writes one, and so does training with "
      "--save-parts safetensors",
      (folder / kDataFile).string(), other);
}

}  // namespace hourglass::cli
