#include "hourglass/formats/digest.h"

#include "hourglass/core/error.h"

#include <fmt/format.h>
#include <openssl/evp.h>

namespace hourglass::formats {
namespace {

/// OpenSSL returns 1 where all went well.
void check_digest(int result) {
  if (result != 1) throw Error("SHA-256 is not available in this OpenSSL");
}

}  // namespace

struct Sha256::Context {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> evp{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

Sha256::Sha256() : context_(std::make_shared<Context>()) {
  check_digest(EVP_DigestInit_ex(context_->evp.get(), EVP_sha256(), nullptr));
}

void Sha256::add(std::string_view bytes) {
  check_digest(EVP_DigestUpdate(context_->evp.get(), bytes.data(), bytes.size()));
}

std::string Sha256::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  check_digest(EVP_DigestFinal_ex(context_->evp.get(), digest, &length));
  std::string text;
  for (unsigned int i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a zero
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(length));
  return text;
}

}  // namespace hourglass::formats
