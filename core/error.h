#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace hourglass {

/// The work failed: a file, the data or the machine is not as it has to be. Programs end with exit
/// code 1.
///
/// The message is one line for users: what was expected, what was found, where, and a hint.
class Error : public std::runtime_error {
 public:
  template <class... Args>
  explicit Error(fmt::format_string<Args...> format, Args&&... args)
      : std::runtime_error(fmt::format(format, std::forward<Args>(args)...)) {}
};

/// What was asked for cannot be right, whatever any file holds. Programs end with exit code 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

}  // namespace hourglass
