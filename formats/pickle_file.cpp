#include "hourglass/formats/pickle_file.h"

#include "hourglass/core/files.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/serialization/pickler.h>

#include <caffe2/serialize/inline_container.h>
#include <memory>
#include <string>
#include <vector>

namespace hourglass::formats {

namespace {

using ArchiveWriter = caffe2::serialize::PyTorchStreamWriter;

void write_records(ArchiveWriter& writer, const std::string& pickled,
                   const std::vector<at::Tensor>& tensors) {
  writer.writeRecord("data.pkl", pickled.data(), pickled.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    writer.writeRecord("data/" + std::to_string(i), tensors[i].storage().data(),
                       tensors[i].storage().nbytes());
  }
  writer.writeEndOfFile();
}

}  // namespace

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
  auto writer = std::make_unique<ArchiveWriter>([&](const void* bytes, size_t count) {
    archive.append(static_cast<const char*>(bytes), count);
    return count;
  });
  try {
    write_records(*writer, pickled, pickler.tensorData());
  } catch (...) {
    // Its destructor would go on writing, and end the program where that fails, too.
    static_cast<void>(writer.release());
    throw;
  }
  return archive;
}

void write_pickle(const std::filesystem::path& path, const c10::IValue& value) {
  write_file_atomically(path, pickle_bytes(value));
}

}  // namespace hourglass::formats
