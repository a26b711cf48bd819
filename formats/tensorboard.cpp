#include "hourglass/formats/tensorboard.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <protozero/pbf_writer.hpp>
#include <unistd.h>

namespace hourglass::formats {
namespace {

constexpr std::string_view kEventFilePrefix = "events.out.tfevents.";

// Fields of TensorBoard's messages (event.proto, summary.proto).
namespace event {
constexpr protozero::pbf_tag_type kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5,
                                  kSessionLog = 7;
}
namespace summary {
constexpr protozero::pbf_tag_type kValue = 1;
}
namespace summary_value {
constexpr protozero::pbf_tag_type kTag = 1, kSimpleValue = 2;
}
namespace session_log {
constexpr protozero::pbf_tag_type kStatus = 1;
constexpr int32_t kStart = 1;
}  // namespace session_log

constexpr auto kCrcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < table.size(); ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78U : 0U);
    table[byte] = value;
  }
  return table;
}();

template <class Number>
std::string little_endian(Number number) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(Number); ++i) bytes += static_cast<char>(number >> (8 * i));
  return bytes;
}

std::string masked_checksum(std::string_view bytes) {
  return little_endian<uint32_t>(std::rotr(crc32c(bytes), 15) + 0xA282EAD8U);
}

/// Seconds since 1970.
double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string version_event() {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_double(event::kWallTime, wall_time());
  writer.add_string(event::kFileVersion, "brain.Event:2");
  return bytes;
}

std::string start_event(int64_t first_step) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_double(event::kWallTime, wall_time());
  writer.add_int64(event::kStep, first_step);
  protozero::pbf_writer log(writer, event::kSessionLog);
  log.add_enum(session_log::kStatus, session_log::kStart);
  return bytes;
}

std::string scalar_event(int64_t step, const std::vector<TensorboardScalar>& scalars) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_double(event::kWallTime, wall_time());
  writer.add_int64(event::kStep, step);
  protozero::pbf_writer values(writer, event::kSummary);
  for (const auto& scalar : scalars) {
    protozero::pbf_writer value(values, summary::kValue);
    value.add_string(summary_value::kTag, scalar.tag);
    value.add_float(summary_value::kSimpleValue, static_cast<float>(scalar.value));
  }
  return bytes;
}

/// The second in an event file's name; 0 where there is none.
int64_t second_of(const std::filesystem::path& path) {
  const std::string name = path.filename().string().substr(kEventFilePrefix.size());
  return parse_integer(name.substr(0, name.find('.'))).value_or(0);
}

std::filesystem::path new_file(const std::filesystem::path& folder) {
  // Readers go by name: a run that goes on within the same second still comes later.
  auto second = static_cast<int64_t>(wall_time());
  for (const auto& path : tensorboard_files(folder)) second = std::max(second, second_of(path) + 1);
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return folder / fmt::format("{}{:010}.{}.{}", kEventFilePrefix, second, host.data(), ::getpid());
}

}  // namespace

TensorboardFile::TensorboardFile(const std::filesystem::path& folder, int64_t first_step)
    : path_(new_file(folder)), file_(path_, std::ios::binary) {
  append(version_event());
  append(start_event(first_step));
}

void TensorboardFile::add(int64_t step, const std::vector<TensorboardScalar>& scalars) {
  append(scalar_event(step, scalars));
}

void TensorboardFile::append(const std::string& event) {
  file_ << tfrecord(event) << std::flush;
  if (!file_) throw Error("{}: cannot append an event: is the disk full?", path_.string());
}

std::vector<std::filesystem::path> tensorboard_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code none;  // a run that was not begun has no folder
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (entry.path().filename().string().starts_with(kEventFilePrefix)) {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

uint32_t crc32c(std::string_view bytes) {
  uint32_t value = ~0U;
  for (const char byte : bytes) {
    value = kCrcTable[(value ^ static_cast<uint8_t>(byte)) & 0xFFU] ^ (value >> 8);
  }
  return ~value;
}

std::string tfrecord(std::string_view bytes) {
  const std::string length = little_endian<uint64_t>(bytes.size());
  return length + masked_checksum(length) + std::string(bytes) + masked_checksum(bytes);
}

}  // namespace hourglass::formats
