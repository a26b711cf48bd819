#include "hourglass/core/regular_file.h"

#include "hourglass/core/error.h"

#include <string_view>
#include <system_error>

namespace hourglass {
namespace {

namespace fs = std::filesystem;

std::string_view kind_of(fs::file_type type) {
  switch (type) {
    case fs::file_type::directory: return "a folder";
    case fs::file_type::symlink: return "a symbolic link";
    case fs::file_type::fifo: return "a pipe";
    case fs::file_type::socket: return "a socket";
    default: return "a device";
  }
}

}  // namespace

void expect_regular_file(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error || !fs::exists(status) || fs::is_regular_file(status)) return;
  const bool is_pipe = fs::is_fifo(status);
  throw Error("{}: expected a file, found {}{}", path.string(), kind_of(status.type()),
              is_pipe ? ": write what it gives into a file first" : "");
}

void expect_replaceable(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (!fs::exists(status) || fs::is_regular_file(status)) return;
  throw Error("{}: expected a file to replace, or none, found {}", path.string(),
              kind_of(status.type()));
}

}  // namespace hourglass
