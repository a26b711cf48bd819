#include "hourglass/tests/support/support.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"

#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace hourglass::testing {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "hourglass-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw Error("cannot create a temporary folder {}", name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "expected an Error, none was thrown";
  return "";
}

fs::path real_data(const std::string& relative) {
  const char* folder = std::getenv("HOURGLASS_DATA");
  if (folder == nullptr) return {};
  const fs::path path = fs::path(folder) / relative;
  return fs::exists(path) ? path : fs::path();
}

fs::path third_party_model(const std::string& name) {
  return fs::path(HOURGLASS_THIRD_PARTY_MODELS) / (name + ".pt");
}

std::string no_third_party_models() {
  if (fs::exists(third_party_model("autoencoder"))) return "";
  const fs::path reason = fs::path(HOURGLASS_THIRD_PARTY_MODELS) / "reason";
  return fs::exists(reason) ? read_file(reason) : "no Python was found";
}

void expect_contains(const std::string& text, std::initializer_list<std::string> parts) {
  for (const auto& part : parts) {
    EXPECT_NE(text.find(part), std::string::npos) << "'" << part << "' is not in: " << text;
  }
}

}  // namespace hourglass::testing
