#include "hourglass/formats/pickle_file.h"

#include "hourglass/core/files.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/serialization/pickler.h>

#include <caffe2/serialize/inline_container.h>
#include <string>
#include <vector>

namespace hourglass::formats {

std::string pickle_bytes(const c10::IValue& value) {
  std::string pickled;
  torch::jit::Pickler pickler(
      [&](const char* bytes, size_t count) { pickled.append(bytes, count); },
      /*tensor_table=*/nullptr, /*type_renamer=*/nullptr, /*memoized_class_types=*/nullptr,
      /*get_tensor_id=*/nullptr, /*tag_aggregates=*/false);
  pickler.protocol();
  pickler.pushIValue(value);
  pickler.stop();

  std::string archive;
  caffe2::serialize::PyTorchStreamWriter writer([&](const void* bytes, size_t count) {
    archive.append(static_cast<const char*>(bytes), count);
    return count;
  });
  writer.writeRecord("data.pkl", pickled.data(), pickled.size());
  const std::vector<at::Tensor>& tensors = pickler.tensorData();
  for (size_t i = 0; i < tensors.size(); ++i) {
    writer.writeRecord("data/" + std::to_string(i), tensors[i].storage().data(),
                       tensors[i].storage().nbytes());
  }
  writer.writeEndOfFile();
  return archive;
}

void write_pickle(const std::filesystem::path& path, const c10::IValue& value) {
  write_file_atomically(path, pickle_bytes(value));
}

}  // namespace hourglass::formats
