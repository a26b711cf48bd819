#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace hourglass {

/// The value of an environment variable; empty where it is not set.
std::string environment(const char* variable);

/// The file's bytes. Throws `Error` with the reason when it cannot be read whole (missing, a
/// folder, no permission).
std::string read_file(const std::filesystem::path& path);

/// Replaces `path` in one step: `write` fills a temporary file in the same folder, which is flushed
/// to the disk and then renamed. A reader, or a crash at any moment, sees the old file or the new
/// one and never a part of one. Throws `Error` (and leaves the old file as it was) when anything
/// fails, a full disk included.
void write_file_atomically(
    const std::filesystem::path& path,
    const std::function<void(const std::filesystem::path& temporary)>& write);

/// The same for bytes at hand.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// "runs/mine" for "runs/mine/", whose last part has no name; "." for "".
std::filesystem::path without_slash(const std::filesystem::path& folder);

/// Creates the folder and its parents. Throws `Error` with the reason.
void create_folders(const std::filesystem::path& path);

}  // namespace hourglass
