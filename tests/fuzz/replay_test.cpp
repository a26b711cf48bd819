#include "hourglass/core/files.h"
#include "hourglass/tests/fuzz/damage.h"
#include "hourglass/tests/fuzz/readers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

// What fuzzing begins with, and what it found: each reader takes each file of its corpus, whole, cut off
// and damaged, or refuses it by an `Error`. Anything else ends this program.

namespace hourglass::fuzz {
namespace {

namespace fs = std::filesystem;

class Corpus : public ::testing::TestWithParam<Reader> {
 protected:
  static std::vector<fs::path> files() {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(fs::path(HOURGLASS_CORPUS) / GetParam().name)) {
      paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }
};

TEST_P(Corpus, IsReadOrRefused) {
  ASSERT_FALSE(files().empty());
  for (const auto& path : files()) {
    SCOPED_TRACE(path);
    try_to_read(GetParam(), read_file(path));
  }
}

TEST_P(Corpus, IsReadOrRefusedWhereItIsCutOff) {
  constexpr size_t kCuts = 100;
  for (const auto& path : files()) {
    SCOPED_TRACE(path);
    const std::string bytes = read_file(path);
    for (size_t i = 0; i < kCuts; ++i) {
      try_to_read(GetParam(), std::string_view(bytes).substr(0, bytes.size() * i / kCuts));
    }
  }
}

TEST_P(Corpus, IsReadOrRefusedWithAWrongByte) {
  constexpr size_t kBytes = 200;
  for (const auto& path : files()) {
    SCOPED_TRACE(path);
    const std::string bytes = read_file(path);
    for (size_t i = 0; i < std::min(kBytes, bytes.size()); ++i) {
      std::string damaged = bytes;
      const size_t place = bytes.size() * i / std::min(kBytes, bytes.size());
      damaged[place] = static_cast<char>(damaged[place] ^ (1U << (i % 8)));
      try_to_read(GetParam(), damaged);
    }
  }
}

/// A number from the environment.
uint64_t number_of(const char* variable, uint64_t usual) {
  const char* text = std::getenv(variable);
  return text == nullptr ? usual : std::strtoull(text, nullptr, 10);
}

// HOURGLASS_FUZZ_ROUNDS and HOURGLASS_FUZZ_SEED go further than the suite does; with
// HOURGLASS_FUZZ_KEEP=FILE the file there is the one that ended this program.
TEST_P(Corpus, IsReadOrRefusedWhateverIsWrongWithIt) {
  std::vector<std::string> originals;
  for (const auto& path : files()) originals.push_back(read_file(path));
  Damage damage(originals, number_of("HOURGLASS_FUZZ_SEED", 1));
  const char* kept = std::getenv("HOURGLASS_FUZZ_KEEP");
  for (uint64_t round = number_of("HOURGLASS_FUZZ_ROUNDS", 2000); round > 0; --round) {
    const std::string bytes = damage.next();
    if (kept != nullptr) std::ofstream(kept, std::ios::binary) << bytes;
    try_to_read(GetParam(), bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Readers, Corpus, ::testing::ValuesIn(readers().begin(), readers().end()),
                         [](const auto& of) { return of.param.name; });

}  // namespace
}  // namespace hourglass::fuzz
