// Fuzzes a reader by libFuzzer (scripts/fuzz.sh builds and runs it):
//
//   HOURGLASS_READER=npy fuzz_readers tests/fuzz/corpus/npy -max_total_time=10

#include "hourglass/tests/fuzz/readers.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

const hourglass::fuzz::Reader& chosen_reader() {
  const char* name = std::getenv("HOURGLASS_READER");
  for (const auto& reader : hourglass::fuzz::readers()) {
    if (name != nullptr && std::string(name) == reader.name) return reader;
    if (name == nullptr) std::fprintf(stderr, "%s\n", reader.name);
  }
  std::fprintf(stderr, "HOURGLASS_READER: expected the name of a reader\n");
  std::exit(2);
}

}  // namespace

// Before any input: an exit later counts as a crash, of which libFuzzer keeps a file.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  chosen_reader();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hourglass::fuzz::Reader& reader = chosen_reader();
  hourglass::fuzz::try_to_read(reader, {reinterpret_cast<const char*>(data), size});
  return 0;
}
