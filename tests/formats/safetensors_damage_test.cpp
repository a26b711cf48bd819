// What a damaged safetensors file may do: give an error of one line, or be read as it was.

#include "hourglass/core/error.h"
#include "hourglass/tests/formats/safetensors_files.h"
#include "hourglass/tests/support/support.h"

#include <random>

namespace hourglass::formats {
namespace {

using hourglass::testing::expect_contains;

TEST(ParseSafetensors, NoFlippedBitGoesUnnoticed) {
  const std::string bytes = safetensors_bytes(small_file());
  const TensorFile whole = parse_safetensors(bytes, "a.safetensors");
  int accepted = 0;
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    try {
      const TensorFile file = parse_safetensors(damaged, "a.safetensors");
      // Only where the other digest's key, or a space of the padding, became something else.
      ++accepted;
      ASSERT_EQ(file.tensors.size(), whole.tensors.size());
      for (size_t i = 0; i < whole.tensors.size(); ++i) {
        EXPECT_EQ(file.tensors[i].name, whole.tensors[i].name);
        EXPECT_TRUE(same_bits(file.tensors[i].value, whole.tensors[i].value));
      }
      EXPECT_EQ(file.metadata.at("epoch"), "12");
    } catch (const Error&) {
    }
  }
  EXPECT_LT(accepted, 8 * 13 + 8) << "a byte of the key header_sha256";
  std::string damaged = bytes;
  damaged.back() = '\0';  // true becomes false
  expect_contains(safetensors_error(damaged), {"data_sha256", "damaged"});
  damaged = bytes;
  damaged.replace(damaged.find("\"12\""), 4, "\"13\"");
  expect_contains(safetensors_error(damaged), {"header_sha256", "damaged"});
}

TEST(ParseSafetensors, MutatedFilesGiveAnErrorOrTensors) {
  std::mt19937 random(20261124);
  const auto below = [&](size_t limit) { return static_cast<size_t>(random() % limit); };
  // Without digests, so that mutations reach what is behind the check.
  const std::string whole = saved_by_python();
  const std::string alphabet = "{}[]\",:-0123456789.eE\\ntruF\x80\xff";
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (size_t changes = 1 + below(4); changes > 0; --changes) {
      const size_t at = below(bytes.size());
      switch (below(6)) {
        case 0: bytes[at] = static_cast<char>(below(256)); break;
        case 1: bytes[at] = alphabet[below(alphabet.size())]; break;
        case 2: bytes.erase(at, 1 + below(9)); break;
        case 3: bytes.insert(at, 1 + below(9), alphabet[below(alphabet.size())]); break;
        case 4: bytes.insert(at, bytes.substr(below(bytes.size()), below(100))); break;
        default: bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
      }
      if (bytes.empty()) bytes = "x";
    }
    // Half of them with a length that is right again, so that the JSON is reached.
    if (const size_t end = bytes.rfind("}}");
        below(2) == 0 && end != std::string::npos && end > 8) {
      bytes = file_of(bytes.substr(8, end - 6), bytes.substr(end + 2));
    }
    try {
      const TensorFile file = parse_safetensors(bytes, "a.safetensors");
      for (const auto& tensor : file.tensors) EXPECT_LE(tensor.value.nbytes(), bytes.size());
      ++accepted;
    } catch (const Error& error) {
      const std::string message = error.what();
      ASSERT_TRUE(message.starts_with("a.safetensors: expected")) << message;
      ASSERT_EQ(message.find('\n'), std::string::npos) << message;
    } catch (const std::exception& other) {
      FAIL() << "round " << round << ": " << other.what();
    }
  }
  EXPECT_GT(accepted, 20);
  EXPECT_LT(accepted, 15'000);
}

}  // namespace
}  // namespace hourglass::formats
