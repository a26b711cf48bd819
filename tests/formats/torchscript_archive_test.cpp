// What is refused before LibTorch sees a file: it takes an archive at its word.

#include "hourglass/formats/torchscript_archive.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/formats/torchscript.h"
#include "hourglass/formats/weights.h"
#include "hourglass/formats/zip.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/support/support.h"

#include <cstring>
#include <functional>

namespace hourglass::formats {

using namespace models;

namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

/// The files of a small model's archive.
std::vector<ZipFile> model_files(const TemporaryFolder& folder) {
  Autoencoder model({.shapes = {{1, 4, 4}, {1, 4, 4}}, .network = DenseNetwork{.widths = {5, 2}}});
  export_autoencoder(model, folder / "whole.pt", {.variant = "dense"});
  return read_zip(folder / "whole.pt");
}

bool is_tensor(const ZipFile& file) { return file.name.find("/data/") != std::string::npos; }

/// An archive of the files as `change` leaves them.
fs::path changed(const TemporaryFolder& folder, const std::function<void(ZipFile&)>& change) {
  std::vector<ZipFile> files = model_files(folder);
  for (ZipFile& file : files) change(file);
  write_zip(folder / "changed.pt", files);
  return folder / "changed.pt";
}

void expect_refused(const fs::path& path, std::initializer_list<std::string> parts) {
  expect_contains(error_of([&] { evaluation::ExportedModel::load(path); }), parts);
  expect_contains(error_of([&] { read_weights(path); }), parts);
}

TEST(TorchScriptArchive, IsTakenAsItWasWrittenAndAsAnotherProgramZipsIt) {
  const TemporaryFolder folder;
  const auto path = changed(folder, [](ZipFile&) {});
  EXPECT_NO_THROW(check_torchscript_archive(folder / "whole.pt"));
  EXPECT_EQ(read_weights(path).size(), read_weights(folder / "whole.pt").size());
}

TEST(TorchScriptArchive, RefusesTensorsOfFewerBytesThanTheirNumbersNeed) {
  const TemporaryFolder folder;
  for (const size_t left : {0, 4}) {
    const auto path = changed(folder, [&](ZipFile& file) {
      if (is_tensor(file)) file.bytes.resize(left);
    });
    expect_refused(path, {"changed.pt", "'data/", "bytes of", "found " + std::to_string(left)});
  }
}

TEST(TorchScriptArchive, RefusesATensorOfNumbersWithoutEnd) {
  const TemporaryFolder folder;
  // BININT1 16 behind the device's name becomes LONG1 of 2^62.
  const auto path = changed(folder, [](ZipFile& file) {
    if (!file.name.ends_with("/data.pkl")) return;
    const size_t device = file.bytes.find("cpu");
    const size_t number = file.bytes.find('K', device);
    file.bytes.replace(number, 2, std::string("\x8a\x08\0\0\0\0\0\0\0\x40", 10));
  });
  expect_refused(path, {"changed.pt", "possible number of bytes", "4611686018427387904"});
}

TEST(TorchScriptArchive, RefusesAnAbsentTensorAndNamesThatReadersConfuse) {
  const TemporaryFolder folder;
  expect_refused(changed(folder,
                         [](ZipFile& file) {
                           if (is_tensor(file)) file.name += "9";
                         }),
                 {"changed.pt", "'data/0'", "found 0"});
  auto files = model_files(folder);
  ZipFile twin = files.front();
  twin.name.back() = 'N';  // hourglass.json
  files.push_back(twin);
  write_zip(folder / "changed.pt", files);
  expect_refused(folder / "changed.pt", {"each file once", "twice"});
  files.back().name = "elsewhere/data.pkl";
  write_zip(folder / "changed.pt", files);
  expect_refused(folder / "changed.pt", {"one folder", "elsewhere/data.pkl"});
}

TEST(TorchScriptArchive, RefusesTensorsBeyondTheirStorage) {
  const TemporaryFolder folder;
  // Behind the first storage and its place in the memo: K offset ( K size … t ( K stride … t
  const auto with = [&](const std::function<void(std::string&, size_t)>& change) {
    return changed(folder, [&](ZipFile& file) {
      if (!file.name.ends_with("/data.pkl")) return;
      const size_t storage = file.bytes.find("tQq");
      ASSERT_NE(storage, std::string::npos);
      ASSERT_EQ(file.bytes.substr(storage + 4, 4), std::string("K\0(K", 4));
      change(file.bytes, storage + 4);
    });
  };
  expect_refused(with([](std::string& bytes, size_t offset) { bytes[offset + 1] = 1; }),
                 {"changed.pt", "a tensor within the", "numbers of 'data/", "from number 1"});
  expect_refused(with([](std::string& bytes, size_t offset) { bytes[offset + 4] = '\xc8'; }),
                 {"a tensor within the", "found shape 200"});
  expect_refused(with([](std::string& bytes, size_t offset) {
                   const size_t strides = bytes.find("t(K", offset);
                   ASSERT_NE(strides, std::string::npos);
                   bytes[strides + 3] = 100;
                 }),
                 {"a tensor within the", "strides 100"});
  // Two values that are nothing in the place of one number.
  expect_refused(
      with([](std::string& bytes, size_t offset) { bytes.replace(offset + 3, 2, "NN"); }),
      {"sizes and strides of at least 0", "'data/"});
}

// ---- Archives of two directories

constexpr size_t kEndBytes = 22;

uint32_t number_at(const std::string& bytes, size_t place) {
  uint32_t number = 0;
  std::memcpy(&number, bytes.data() + place, sizeof number);
  return number;
}

void add_at(std::string& bytes, size_t place, uint32_t more) {
  const uint32_t number = number_at(bytes, place) + more;
  std::memcpy(bytes.data() + place, &number, sizeof number);
}

/// The archive as it is behind `before` other bytes.
std::string moved(std::string bytes, uint32_t before) {
  const size_t end = bytes.size() - kEndBytes;
  for (size_t entry = number_at(bytes, end + 16); entry < end;) {
    add_at(bytes, entry + 42, before);
    entry += 46 + (number_at(bytes, entry + 28) & 0xFFFFU) + (number_at(bytes, entry + 28) >> 16U) +
             (number_at(bytes, entry + 32) & 0xFFFFU);
  }
  add_at(bytes, end + 16, before);
  return bytes;
}

TEST(TorchScriptArchive, RefusesTwoDirectoriesInOneFile) {
  const TemporaryFolder folder;
  const std::string one = read_file(changed(folder, [](ZipFile&) {}));
  const size_t end = one.size() - kEndBytes;
  const auto refuse = [&](const std::string& bytes, const std::string& found) {
    const auto path = testing::write_file(folder / "two.pt", bytes);
    expect_refused(path, {"two.pt", "one directory", found});
  };
  const auto second = [&](size_t before) { return moved(one, static_cast<uint32_t>(before)); };
  // Behind the first as its comment; between its directory and its end; before its directory.
  std::string commented = one;
  commented[end + 20] = static_cast<char>(one.size() & 0xFFU);
  commented[end + 21] = static_cast<char>(one.size() >> 8U);
  refuse(commented + second(one.size()), "another before it");
  refuse(one.substr(0, end) + second(end) + one.substr(end), "other bytes there");
  refuse(one + std::string(10, '\0'), "other bytes there");
  // A 64-bit record, told by a locator, of another directory than the end record's.
  std::string record = "PK\6\6" + std::string(52, '\0');
  add_at(record, 4, 44);                                              // its own size
  for (const size_t place : {24, 32}) record[place] = one[end + 10];  // how many files
  add_at(record, 40, number_at(one, end + 12));
  const size_t directory = number_at(one, end + 16);
  const std::string other = one.substr(directory, end - directory);
  add_at(record, 48, static_cast<uint32_t>(end));
  std::string locator = "PK\6\7" + std::string(16, '\0');
  add_at(locator, 8, static_cast<uint32_t>(end + other.size()));
  locator[16] = 1;  // disk
  refuse(one.substr(0, end) + other + record + locator + one.substr(end), "other bytes there");
}

}  // namespace
}  // namespace hourglass::formats
