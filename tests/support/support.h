#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>

namespace hourglass::testing {

/// A folder of its own for one test, removed with everything in it when the test ends.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Writes a file of these bytes; returns its path.
std::filesystem::path write_file(const std::filesystem::path& path, const std::string& bytes);

/// The message of the `Error` that `action` throws; fails the test, and returns "", when it throws
/// none.
std::string error_of(const std::function<void()>& action);

/// $HOURGLASS_DATA/`relative`, or an empty path where it is not set or lacks the file: see
/// HOURGLASS_NEEDS_DATA.
std::filesystem::path real_data(const std::string& relative);

/// A TorchScript file that Python wrote, of a model that knows nothing of this project:
/// "autoencoder", "forward_only" or "variational", and "weights", which is none
/// (tests/python/third_party_model.py says what they are). See HOURGLASS_NEEDS_THIRD_PARTY_MODELS.
std::filesystem::path third_party_model(const std::string& name);

/// Why there are no such files; empty where there are.
std::string no_third_party_models();

/// Expects `text` to contain each of the `parts`.
void expect_contains(const std::string& text, std::initializer_list<std::string> parts);

}  // namespace hourglass::testing

/// Skips the test, saying why, where the real file is absent.
#define HOURGLASS_NEEDS_DATA(relative)                                                          \
  if (hourglass::testing::real_data(relative).empty()) {                                        \
    GTEST_SKIP() << "needs " << (relative) << ": set HOURGLASS_DATA to the folder that has it"; \
  }

/// Skips the test, saying why, where no Python could write the files of `third_party_model`.
#define HOURGLASS_NEEDS_THIRD_PARTY_MODELS()                                        \
  if (!hourglass::testing::no_third_party_models().empty()) {                       \
    GTEST_SKIP() << "needs torch: " << hourglass::testing::no_third_party_models(); \
  }
