#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>

namespace hourglass {

/// The mark of a file that is written and has no name of its own yet, as long as the mark lives.
/// A program that ends without leaving its scopes, as one does where a library's destructor throws,
/// can remove such files still.
class UnfinishedFile {
 public:
  explicit UnfinishedFile(const std::filesystem::path& path);
  ~UnfinishedFile();
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

  /// Removes all of this process, without asking for memory.
  static void remove_all() noexcept;

 private:
  std::string name_;
  pid_t process_;
  UnfinishedFile *before_ = nullptr, *after_ = nullptr;
};

}  // namespace hourglass
