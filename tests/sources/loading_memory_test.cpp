#include "hourglass/core/files.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/safetensors.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/sources/idx_files.h"
#include "hourglass/tests/support/peak_memory.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

// What docs/limits.md promises of memory: opening data takes at most so many times their file's
// size, at the peak.

namespace hourglass::sources {
namespace {

namespace fs = std::filesystem;

using testing::TemporaryFolder;
using testing::write_file;

constexpr int64_t kBytes = int64_t{16} << 20;

std::string repeated_lines(const std::function<std::string(int64_t)>& line) {
  std::string text;
  for (int64_t row = 0; static_cast<int64_t>(text.size()) < kBytes; ++row) text += line(row);
  return text;
}

/// An NPY file of float32 [N, 64].
std::string large_npy() {
  constexpr int64_t kColumns = 64;
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}",
                  kBytes / (4 * kColumns), kColumns);
  header.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" +
         std::string(static_cast<size_t>(kBytes), '\0');
}

/// An IDX file of uint8 [N, 28, 28].
std::string large_idx() {
  constexpr int64_t kItems = kBytes / 784;
  return testing::idx_header({kItems, 28, 28}) + std::string(kItems * 784, '\x10');
}

/// The bytes of a file that `write` makes.
std::string written(const std::function<void(const fs::path&)>& write) {
  const TemporaryFolder folder;
  write(folder / "file");
  return read_file(folder / "file");
}

/// Numbers that nothing compresses.
at::Tensor large_rows() { return at::rand({kBytes / (int64_t{4} * 64), 64}); }

std::string large_npz() {
  return written([](const fs::path& path) {
    formats::write_npz(path, {{"x_train", large_rows()}});
  });
}

std::string large_safetensors() {
  return written([](const fs::path& path) {
    formats::write_safetensors(path, {.tensors = {{"x", large_rows()}}});
  });
}

std::string large_gzip() {
  constexpr int64_t kItems = kBytes / 784;
  const at::Tensor pixels = at::randint(256, {kItems * 784}, at::kByte);
  const std::string bytes(reinterpret_cast<const char*>(pixels.const_data_ptr<uint8_t>()),
                          static_cast<size_t>(kItems * 784));
  return testing::gzip(testing::idx_header({kItems, 28, 28}) + bytes);
}

struct LargeFile {
  std::string name, source;  ///< "csv:" and the like
  std::function<std::string()> file;
  double times;  ///< at most so many times the file's size
};

class LoadingMemory : public ::testing::TestWithParam<LargeFile> {};

TEST_P(LoadingMemory, IsAMultipleOfTheFile) {
  const TemporaryFolder folder;
  const fs::path path = write_file(folder / GetParam().name, GetParam().file());
  DataOptions options;
  options.dataset = GetParam().source + path.string();
  const auto size = static_cast<int64_t>(fs::file_size(path));
  testing::expect_peak(size, GetParam().times,
                       [&] { EXPECT_GT(open_data(options, 1).info.total_rows, 0); });
}

// Of text the shortest cells are the worst: a digit becomes a number of four bytes.
std::string digits_csv() {
  return repeated_lines(
      [](int64_t i) { return fmt::format("{},{},{},{}\n", i % 9, i % 7, i % 5, i % 3); });
}

std::string words_csv() {
  return "n,on,colour\n" + repeated_lines([](int64_t i) {
           return fmt::format("{},{},{}\n", i % 9, i % 2 ? "yes" : "no", i % 3 ? "red" : "blue");
         });
}

std::string steps_csv() {
  return "a,b\n" + repeated_lines([](int64_t i) { return fmt::format("{},{}\n", i % 9, i % 7); });
}

/// Each line is another user, of whom there is a name and a row.
std::string users_csv() {
  return repeated_lines([](int64_t i) { return fmt::format("{:x},{}\n", i, i % 9); });
}

INSTANTIATE_TEST_SUITE_P(
    Forms, LoadingMemory,
    ::testing::Values(LargeFile{"numbers.csv", "csv:", digits_csv, 12},
                      LargeFile{"words.csv", "csv:", words_csv, 20},
                      LargeFile{"series.csv", "series:", steps_csv, 20},
                      LargeFile{"users.csv", "interactions:", users_csv, 40},
                      LargeFile{"array.npy", "npy:", large_npy, 6},
                      LargeFile{"archive.npz", "npz:", large_npz, 6},
                      LargeFile{"x.safetensors", "safetensors:", large_safetensors, 6},
                      LargeFile{"packed.gz", "idx:", large_gzip, 6},
                      LargeFile{"images.idx", "idx:", large_idx, 6}),
    [](const auto& of) { return of.param.name.substr(0, of.param.name.find('.')); });

}  // namespace
}  // namespace hourglass::sources
