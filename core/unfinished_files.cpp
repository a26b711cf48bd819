#include "hourglass/core/unfinished_files.h"

#include <mutex>
#include <unistd.h>

namespace hourglass {
namespace {

std::mutex mutex;
UnfinishedFile* newest = nullptr;

}  // namespace

UnfinishedFile::UnfinishedFile(const std::filesystem::path& path)
    : name_(path.string()), process_(::getpid()) {
  const std::lock_guard lock(mutex);
  before_ = newest;
  if (before_ != nullptr) before_->after_ = this;
  newest = this;
}

UnfinishedFile::~UnfinishedFile() {
  const std::lock_guard lock(mutex);
  if (before_ != nullptr) before_->after_ = after_;
  (after_ != nullptr ? after_->before_ : newest) = before_;
}

void UnfinishedFile::remove_all() noexcept {
  // Not waited for: who holds it may be the thread that ends.
  const std::unique_lock lock(mutex, std::try_to_lock);
  if (!lock.owns_lock()) return;
  for (const auto* file = newest; file != nullptr; file = file->before_) {
    if (file->process_ == ::getpid()) ::unlink(file->name_.c_str());
  }
}

}  // namespace hourglass
