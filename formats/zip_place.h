#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hourglass::formats {

/// Where the content of a file lies in an archive of `bytes`, uncompressed; none where there is no
/// file of that name, or it is compressed or encrypted. libzip gives contents, and not their place.
///
/// ZIP's application note 6.3.10 of PKWARE, with its 64-bit sizes. Safe for any bytes: what lies
/// outside `bytes` is none. Contents are not compared with their checksums.
std::optional<std::string_view> stored_in_zip(std::string_view bytes, const std::string& name);

}  // namespace hourglass::formats
