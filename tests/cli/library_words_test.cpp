#include "hourglass/cli/library_words.h"

#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <system_error>

namespace hourglass::cli {
namespace {

std::string words_of_what(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return words_of(error);
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

TEST(LibraryWords, OursStayOneLineThatLeavesTheTerminalAlone) {
  EXPECT_EQ(words_of(Error("a\nb\x1b[2J.pt: expected a file, found none")),
            "a\\nb\\x1b[2J.pt: expected a file, found none");
  EXPECT_EQ(words_of(Error("x.pt: failed: no such operator\nException raised from f at a.cpp:1")),
            "x.pt: failed: no such operator");
}

TEST(LibraryWords, MemoryIsOneLineWithoutPlacesInLibTorch) {
  EXPECT_EQ(words_of_what([] { at::empty({int64_t{1} << 50}); }),
            "out of memory: 4503599627370496 bytes more were needed");
  EXPECT_EQ(words_of_what([] {
              at::empty({INT64_MAX, 64});
            }),
            "out of memory: a tensor of sizes [9223372036854775807, 64] fits no memory");
  EXPECT_EQ(words_of(std::bad_alloc()), "out of memory");
  EXPECT_EQ(words_of(std::length_error("cannot create std::vector larger than max_size()")),
            "out of memory: more was asked for than any memory holds");
}

TEST(LibraryWords, OthersLoseTheirClassesAndTraces) {
  const std::filesystem::filesystem_error refused(
      "status", "/root/x", std::make_error_code(std::errc::permission_denied));
  EXPECT_EQ(words_of(refused), "/root/x: Permission denied");
  EXPECT_EQ(words_of_what([] { nlohmann::json("x").get<int>(); }),
            "expected other JSON in a file, found a value of another kind");
  EXPECT_EQ(
      words_of(std::runtime_error("[enforce fail at inline_container.cc:372] . broken\nframe")),
      "broken");
  EXPECT_EQ(words_of(std::runtime_error("\n  mat1 and mat2\nframe #0")), "mat1 and mat2");
  const std::system_error thread(std::make_error_code(std::errc::resource_unavailable_try_again));
  EXPECT_EQ(user_message(thread),
            "the system starts no more threads: fewer --threads, or other programs ended");
}

}  // namespace
}  // namespace hourglass::cli
