// What docs/limits.md promises of memory for models, as tools load them.

#include "hourglass/cli/fast_inference.h"
#include "hourglass/core/child_process.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/exported_facts.h"
#include "hourglass/formats/exports.h"
#include "hourglass/formats/weights.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/runs/card_model.h"
#include "hourglass/tests/support/peak_memory.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <malloc.h>
#include <string>
#include <sys/resource.h>
#include <utility>
#include <vector>

namespace hourglass::cli {
namespace {

constexpr int64_t kValuesOfItem = 64;

enum class WithCard { Yes, No };

/// Writes a dense model; the file's path.
std::filesystem::path write_model(const testing::TemporaryFolder& folder,
                                  formats::ExportFormat format, WithCard with_card,
                                  std::vector<int64_t> widths, const std::string& name) {
  runs::ModelOptions options = runs::options_of("dense", /*recipe=*/"").model;
  options.network = models::DenseNetwork{.widths = std::move(widths)};
  const auto model = options.build({{kValuesOfItem}, {kValuesOfItem}}, /*condition_width=*/0);
  formats::Script script = formats::script_of(*model, runs::card_of(options, *model));
  if (with_card == WithCard::No) script.card = {};
  return formats::write_export(script, format, folder.path(), name).front();
}

/// One of 34 MiB of weights.
std::filesystem::path write_wide_model(const testing::TemporaryFolder& folder,
                                       formats::ExportFormat format,
                                       WithCard with_card = WithCard::Yes) {
  return write_model(folder, format, with_card, {4096, 1024, 2}, "wide");
}

int64_t bytes_of(const std::filesystem::path& path) {
  return static_cast<int64_t>(std::filesystem::file_size(path));
}

/// Expects loading to take at most `most` times the file's size.
void expect_loading(const std::filesystem::path& path, double most) {
  testing::expect_peak(bytes_of(path), most,
                       [&] { EXPECT_FALSE(load_model(path).parameters().empty()); });
}

/// Expects loading and computing to take no more than that.
void expect_first_code(const std::filesystem::path& path, double most) {
  const at::Tensor x = at::rand({1, kValuesOfItem});
  testing::expect_peak(bytes_of(path), most, [&] {
    EXPECT_EQ(load_model(path).encode(x).sizes(), (at::IntArrayRef{1, 2}));
  });
}

/// The largest process among those that loading a file starts, in bytes. It is loaded in a process
/// of its own, which has not started others before.
int64_t largest_process_of_loading(const std::filesystem::path& path) {
  const ChildEnd end = end_in_child([&] {
    at::set_num_threads(1);  // the others stayed with the parent
    load_model(path);
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    throw Error("{}", used.ru_maxrss * 1024);
  });
  const auto bytes = parse_integer(end.error);
  EXPECT_TRUE(bytes) << end.error;
  return bytes.value_or(0);
}

/// A safetensors file of 16 MiB in tensors of one value, nearly all of which are their names.
std::string many_small_tensors() {
  std::string header = "{", separator;
  int64_t count = 0;
  for (; header.size() < size_t{16} << 20U; ++count) {
    header +=
        fmt::format(R"({}"layer{}.bias":{{"dtype":"F32","shape":[1],"data_offsets":[{},{}]}})",
                    separator, count, 4 * count, 4 * count + 4);
    separator = ",";
  }
  header += "}";
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i) & 0xffU);
  return bytes + header + std::string(static_cast<size_t>(4 * count), '\0');
}

TEST(ModelLoadingMemory, OfTorchScript) {
  const testing::TemporaryFolder folder;
  expect_loading(write_wide_model(folder, formats::ExportFormat::TorchScript), 2);
}

TEST(ModelLoadingMemory, OfTorchScriptWithoutACard) {
  const testing::TemporaryFolder folder;
  expect_loading(write_wide_model(folder, formats::ExportFormat::TorchScript, WithCard::No), 2);
}

TEST(ModelLoadingMemory, OfTheProcessThatTriesAFileWithoutACard) {
  const testing::TemporaryFolder folder;
  const auto wide = write_wide_model(folder, formats::ExportFormat::TorchScript, WithCard::No);
  const auto small =
      write_model(folder, formats::ExportFormat::TorchScript, WithCard::No, {2}, "small");
  ::malloc_trim(0);
  // A process that was forked does not have all that its parent has, so that two are compared.
  const int64_t of_small = largest_process_of_loading(small);
  testing::expect_times(largest_process_of_loading(wide) - of_small, bytes_of(wide), 2);
}

TEST(ModelLoadingMemory, OfSafetensors) {
  const testing::TemporaryFolder folder;
  expect_loading(write_wide_model(folder, formats::ExportFormat::Safetensors), 6);
}

TEST(ModelLoadingMemory, OfTorchScriptUntilItsFirstCode) {
  const testing::TemporaryFolder folder;
  expect_first_code(write_wide_model(folder, formats::ExportFormat::TorchScript), 7);
}

TEST(ModelLoadingMemory, OfSafetensorsUntilTheirFirstCode) {
  const testing::TemporaryFolder folder;
  expect_first_code(write_wide_model(folder, formats::ExportFormat::Safetensors), 7);
}

TEST(ModelLoadingMemory, OfAnExportedProgramThatIsListed) {
  const testing::TemporaryFolder folder;
  const auto path = write_wide_model(folder, formats::ExportFormat::Pt2);
  testing::expect_peak(bytes_of(path), 3, [&] {
    EXPECT_FALSE(evaluation::exported_facts(path).at("parameters").empty());
  });
}

TEST(ModelLoadingMemory, OfWeightsInManySmallTensors) {
  const testing::TemporaryFolder folder;
  const auto path = testing::write_file(folder / "small.safetensors", many_small_tensors());
  testing::expect_peak(bytes_of(path), 20,
                       [&] { EXPECT_GT(formats::read_weights(path).size(), 100'000U); });
}

}  // namespace
}  // namespace hourglass::cli
