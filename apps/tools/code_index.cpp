#include "hourglass/apps/tools/code_index.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/npy.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <cstring>

namespace hourglass::apps {

using namespace formats;
using namespace evaluation;

namespace {

using nlohmann::json;

at::Tensor text_tensor(const std::string& text) {
  at::Tensor bytes = at::empty({static_cast<int64_t>(text.size())}, at::kByte);
  std::memcpy(bytes.mutable_data_ptr(), text.data(), text.size());
  return bytes;
}

std::string tensor_text(const at::Tensor& bytes) {
  return {static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes()};
}

json about(const CodeIndex& index) {
  return {{"format", 1},
          {"distance", enum_name(index.distance)},
          {"checkpoint_sha256", index.checkpoint_sha256},
          {"data", index.data_name},
          {"data_sha256", index.data_sha256},
          {"part", index.part}};
}

void read_about(const json& object, CodeIndex& index) {
  index.distance = TextCodec<Distance>::parse(object.at("distance")).value_or(Distance::L2);
  index.checkpoint_sha256 = object.at("checkpoint_sha256");
  index.data_name = object.at("data");
  index.data_sha256 = object.at("data_sha256");
  index.part = object.at("part");
}

}  // namespace

void save_index(const std::filesystem::path& path, const CodeIndex& index) {
  std::vector<NamedTensor> arrays = {{"codes", index.entries.codes}};
  if (index.entries.labels.defined()) arrays.push_back({"labels", index.entries.labels});
  arrays.push_back({"about", text_tensor(about(index).dump())});
  write_npz(path, arrays);
}

CodeIndex load_index(const std::filesystem::path& path) {
  CodeIndex index;
  at::Tensor text;
  for (const auto& [name, value] : read_npz(path)) {
    if (name == "codes") index.entries.codes = value;
    if (name == "labels") index.entries.labels = value;
    if (name == "about") text = value;
  }
  const json object =
      text.defined() ? json::parse(tensor_text(text), nullptr, /*allow_exceptions=*/false) : json();
  if (!index.entries.codes.defined() || !object.is_object()) {
    throw Error("{}: expected an index of `retrieve --save-index`, with codes and about",
                path.string());
  }
  try {
    read_about(object, index);
  } catch (const json::exception& error) {
    throw Error("{}: expected an index of `retrieve --save-index` ({})", path.string(),
                error.what());
  }
  return index;
}

}  // namespace hourglass::apps
