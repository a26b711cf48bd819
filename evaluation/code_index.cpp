#include "hourglass/evaluation/code_index.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/json.h"
#include "hourglass/formats/npy.h"

#include <ATen/ATen.h>

#include <cstring>

namespace hourglass::evaluation {
namespace {

constexpr int kIndexFormat = 1;

at::Tensor text_tensor(const std::string& text) {
  at::Tensor bytes = at::empty({static_cast<int64_t>(text.size())}, at::kByte);
  std::memcpy(bytes.mutable_data_ptr(), text.data(), text.size());
  return bytes;
}

std::string tensor_text(const at::Tensor& bytes) {
  return {static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes()};
}

nlohmann::json about(const CodeIndex& index) {
  return {{"format", kIndexFormat},
          {"distance", enum_name(index.distance)},
          {"checkpoint_sha256", index.checkpoint_sha256},
          {"data", index.data_name},
          {"data_sha256", index.data_sha256},
          {"part", index.part}};
}

void read_about(CodeIndex& index, const std::string& text, const std::string& where) {
  const nlohmann::json object = formats::parse_json(text, where);
  const formats::JsonFields fields(object, where);
  formats::read_format(fields, kIndexFormat);
  const auto distance = TextCodec<Distance>::parse(fields.get<std::string>("distance"));
  if (!distance) fields.fail("distance", TextCodec<Distance>::expects());
  index.distance = *distance;
  index.checkpoint_sha256 = fields.get<std::string>("checkpoint_sha256");
  index.data_name = fields.get<std::string>("data");
  index.data_sha256 = fields.get<std::string>("data_sha256");
  index.part = fields.get<std::string>("part");
}

}  // namespace

void save_index(const std::filesystem::path& path, const CodeIndex& index) {
  std::vector<NamedTensor> arrays = {{"codes", index.entries.codes}};
  if (index.entries.labels.defined()) arrays.push_back({"labels", index.entries.labels});
  arrays.push_back({"about", text_tensor(formats::json_text(about(index)))});
  formats::write_npz(path, arrays);
}

CodeIndex load_index(const std::filesystem::path& path) {
  CodeIndex index;
  at::Tensor text;
  for (const auto& [name, value] : formats::read_npz(path)) {
    if (name == "codes") index.entries.codes = value;
    if (name == "labels") index.entries.labels = value;
    if (name == "about") text = value;
  }
  const auto& [codes, labels] = index.entries;
  if (!codes.defined() || !text.defined()) {
    throw Error("{}: expected an index of `save_index`, with arrays codes and about, found others",
                path.string());
  }
  const bool fits =
      codes.dim() >= 2 &&
      (!labels.defined() ||
       (labels.scalar_type() == at::kLong && labels.dim() == 1 && labels.size(0) == codes.size(0) &&
        (labels.numel() == 0 || labels.min().item<int64_t>() >= 0)));
  if (!fits) {
    throw Error("{}: expected codes of one row an entry, and a label of at least 0 of each",
                path.string());
  }
  read_about(index, tensor_text(text), path.string() + ", about");
  return index;
}

}  // namespace hourglass::evaluation
