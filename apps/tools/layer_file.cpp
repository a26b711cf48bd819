#include "hourglass/apps/tools/layer_file.h"

#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/layer_values.h"
#include "hourglass/formats/npy.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hourglass::apps {

bool is_layer_file(const std::string& path) { return path.ends_with(".npy"); }

int save_layer(const LayerFile& file, const cli::CommandLine& line) {
  if (line.has("gradients") || line.has("part") || line.positional.size() > 1) {
    throw UsageError(
        "`save` {}: expected one layer's values for rows of a data set, found gradients, a part or "
        "images; use FILE.npz for them",
        file.path);
  }
  const auto path = further_file(file.path, "--save", file.output);
  evaluation::ExportedModel model = open_model(line.positional.front(), file.model);
  const SelectedRows rows = select_rows(model, file.rows, line, RecordedNoise::Apply);
  const at::Tensor values = evaluation::layer_values(
      model, *rows.rows, file.layers, progress_line("computing", rows.rows->size(), file.output));
  formats::write_npy(path, values);
  if (file.output.json) {
    fmt::print("{}\n",
               nlohmann::json{{"files", {path.string()}}, {"shape", values.sizes().vec()}}.dump(2));
  } else {
    fmt::print("{} rows of {} values\n", with_thousands(values.size(0)), values.size(1));
    print_path(path);
  }
  return cli::kDone;
}

}  // namespace hourglass::apps
