#pragma once

#include "hourglass/tests/sources/idx_files.h"
#include "hourglass/tests/support/support.h"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::testing {

/// Points the environment at empty folders for the time of a test, so that no set of the machine is
/// found (except the system's).
class EmptyPlaces {
 public:
  EmptyPlaces() {
    set("HOURGLASS_DATA", variable());
    set("XDG_CACHE_HOME", folder_ / "cache");
    set("HOME", home());
  }
  ~EmptyPlaces() {
    for (const auto& [name, value] : before_) {
      value ? setenv(name.c_str(), value->c_str(), 1) : unsetenv(name.c_str());
    }
  }
  EmptyPlaces(const EmptyPlaces&) = delete;
  EmptyPlaces& operator=(const EmptyPlaces&) = delete;

  std::filesystem::path variable() const { return folder_ / "variable"; }
  std::filesystem::path cache() const { return folder_ / "cache/hourglass"; }
  std::filesystem::path home() const { return folder_ / "home"; }

 private:
  struct Variable {
    std::string name;
    std::optional<std::string> value;
  };

  void set(const std::string& name, const std::filesystem::path& folder) {
    const char* value = std::getenv(name.c_str());
    before_.push_back({name, value != nullptr ? std::optional<std::string>(value) : std::nullopt});
    std::filesystem::create_directories(folder);
    setenv(name.c_str(), folder.c_str(), 1);
  }

  TemporaryFolder folder_;
  std::vector<Variable> before_;
};

/// A complete set of MNIST's form with `rows` training images of 2 × 3 and two test images.
inline void write_small_mnist(const std::filesystem::path& folder, int64_t rows) {
  std::filesystem::create_directories(folder);
  std::vector<uint8_t> labels;
  for (int64_t i = 0; i < rows; ++i) labels.push_back(static_cast<uint8_t>(i % 10));
  write_file(folder / "train-images-idx3-ubyte", idx_file({rows, 2, 3}));
  write_file(folder / "train-labels-idx1-ubyte", idx_labels(labels));
  write_file(folder / "t10k-images-idx3-ubyte", idx_file({2, 2, 3}));
  write_file(folder / "t10k-labels-idx1-ubyte", idx_labels({4, 9}));
}

}  // namespace hourglass::testing
