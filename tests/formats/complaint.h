#pragma once

#include "hourglass/core/error.h"

#include <functional>
#include <string>

namespace hourglass::testing {

/// The message of the `Error` that `action` throws; "" when it throws none, which is right for a
/// file that is to be accepted (`error_of` fails the test then).
inline std::string complaint_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace hourglass::testing
