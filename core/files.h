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
/// to the disk and then renamed, and so is the folder. A reader, or a crash or a power cut at any
/// moment, sees the old file or the new one and never a part of one. The temporary file is new and
/// nobody's link. Throws `Error` (and leaves what was there as it was) when anything fails, a full
/// disk included, and where `path` is no file but a folder, a symbolic link or a device.
void write_file_atomically(
    const std::filesystem::path& path,
    const std::function<void(const std::filesystem::path& temporary)>& write);

/// The same for bytes at hand.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// Removes the temporary files that writers which were killed left in the folder; those of writers
/// at work, and whatever else there is, stay.
void remove_abandoned_temporaries(const std::filesystem::path& folder);

/// Returns once the file's bytes, or the folder's list of names, are on the disk and survive a
/// power cut. Throws `Error` with the reason.
void flush_to_disk(const std::filesystem::path& path);

/// "runs/mine" for "runs/mine/", whose last part has no name; "." for "".
std::filesystem::path without_slash(const std::filesystem::path& folder);

/// Creates the folder and its parents, on the disk, too. Throws `Error` with the reason.
void create_folders(const std::filesystem::path& path);

}  // namespace hourglass
