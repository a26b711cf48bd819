#pragma once

#include <filesystem>

namespace hourglass {

/// Throws `Error` for a folder, a pipe, a device or a socket: what is read may be read more than
/// once, a pipe waits for its other end, and a device may have no end. What is not there is left to
/// who opens it.
void expect_regular_file(const std::filesystem::path& path);

/// Throws `Error` unless there is a regular file or nothing, whose place a new file may take. Links are
/// not followed: where root writes, a rename would put a file where a device was.
void expect_replaceable(const std::filesystem::path& path);

}  // namespace hourglass
