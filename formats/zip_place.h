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

/// Throws `Error` that begins with `where` (the file) unless all readers find one and the same
/// directory in an archive: that its last bytes tell, without a comment, with nothing between it and
/// them, and none besides. Readers look for the directory each in its own way; in an archive of two,
/// what one reader checked is not what another loads.
void check_one_directory(std::string_view bytes, const std::string& where);

}  // namespace hourglass::formats
