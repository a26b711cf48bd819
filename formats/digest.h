#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace hourglass::formats {

/// The SHA-256 of bytes that come one after the other.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);

  /// 64 lower-case hexadecimal digits; nothing can be added afterwards.
  std::string hex();

 private:
  struct Context;  // hides OpenSSL's headers
  std::shared_ptr<Context> context_;
};

/// The same of bytes at hand.
std::string sha256(std::string_view bytes);

/// Bytes as text of letters, digits, + and / (RFC 4648), as in a data URI.
std::string base64(std::string_view bytes);

}  // namespace hourglass::formats
