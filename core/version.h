#pragma once

namespace hourglass {

/// The project's version, "0.1.0"; set by CMakeLists.txt.
inline constexpr const char* kVersion = HOURGLASS_VERSION;

}  // namespace hourglass
