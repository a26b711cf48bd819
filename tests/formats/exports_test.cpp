// That a file is sound before it takes the place of another.

#include "hourglass/formats/exports.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/model_files.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <limits>

namespace hourglass::formats {

using namespace models;

namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

struct OldAndNewFiles {
  TemporaryFolder folder;
  Autoencoder model{{.shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {3, 2}}}};
  Script script = script_of(model, {.variant = "dense"});

  /// What an earlier export left.
  void put_old_files(ExportFormat format) const {
    for (const auto& path : export_paths(script, format, folder.path(), "best")) {
      testing::write_file(path, "old");
    }
  }

  void expect_old_files(ExportFormat format) const {
    for (const auto& path : export_paths(script, format, folder.path(), "best")) {
      EXPECT_EQ(read_file(path), "old") << path;
    }
  }

  std::string error_for(ExportFormat format) const {
    return error_of([&] { write_export(script, format, folder.path(), "best"); });
  }
};

TEST(WriteExport, ReplacesNoSafetensorsByWhatCannotBeReadAgain) {
  OldAndNewFiles small;
  small.put_old_files(ExportFormat::Safetensors);
  small.script.card.input_shape = {0};
  expect_contains(small.error_for(ExportFormat::Safetensors),
                  {"best.safetensors", "input_shape", "sizes of at least 1"});
  small.expect_old_files(ExportFormat::Safetensors);
}

TEST(WriteExport, ReplacesNoOnnxFileByWhatCannotBeReadAgain) {
  OldAndNewFiles small;
  small.put_old_files(ExportFormat::Onnx);
  small.script.card.recipe = "\x01";  // no text of an ONNX file
  expect_contains(small.error_for(ExportFormat::Onnx), {"best.onnx", "UTF-8"});
  small.expect_old_files(ExportFormat::Onnx);
}

TEST(WriteExport, TakesANumberThatIsNoneForWhatItIsInSafetensors) {
  OldAndNewFiles small;
  {
    const at::NoGradGuard no_grad;
    for (const auto& parameter : small.model.parameters()) {
      parameter.fill_(std::numeric_limits<double>::quiet_NaN());
    }
  }
  const auto paths =
      write_export(small.script, ExportFormat::Safetensors, small.folder.path(), "best");
  const TensorMap written = read_model_tensors(paths.front()).tensors;
  EXPECT_EQ(written.size(), small.model.parameters().size());
  for (const auto& [name, tensor] : written) EXPECT_TRUE(tensor.isnan().all().item<bool>()) << name;
}

}  // namespace
}  // namespace hourglass::formats
