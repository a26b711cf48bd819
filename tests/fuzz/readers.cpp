#include "hourglass/tests/fuzz/readers.h"

#include "hourglass/apps/tools/stream_state.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/datasets/dates.h"
#include "hourglass/datasets/row_numbers.h"
#include "hourglass/evaluation/activation_file.h"
#include "hourglass/evaluation/anomaly_detector.h"
#include "hourglass/evaluation/code_index.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/evaluation/model_digest.h"
#include "hourglass/evaluation/stream_item.h"
#include "hourglass/evaluation/stream_threshold.h"
#include "hourglass/evaluation/threshold.h"
#include "hourglass/figures/image_file.h"
#include "hourglass/formats/card.h"
#include "hourglass/formats/hdf5.h"
#include "hourglass/formats/json.h"
#include "hourglass/formats/keras.h"
#include "hourglass/formats/npy.h"
#include "hourglass/formats/onnx.h"
#include "hourglass/formats/pickle.h"
#include "hourglass/formats/pt2.h"
#include "hourglass/formats/safetensors.h"
#include "hourglass/formats/torchscript_archive.h"
#include "hourglass/formats/weights.h"
#include "hourglass/formats/zip.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/option_file.h"
#include "hourglass/runs/run_record.h"
#include "hourglass/runs/state_file.h"
#include "hourglass/sources/clock_watch.h"
#include "hourglass/sources/csv.h"
#include "hourglass/sources/idx.h"
#include "hourglass/sources/interactions.h"
#include "hourglass/sources/mixed_table.h"
#include "hourglass/sources/row_choice.h"
#include "hourglass/sources/series_table.h"
#include "hourglass/sources/stream_rows.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace hourglass::fuzz {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void give_up(const Reader& reader, const std::string& reason) {
  fmt::print(stderr, "{}: {}\n", reader.name, reason);
  std::abort();
}

/// A file in memory, for readers that are given a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : descriptor_(::memfd_create("fuzz", 0)) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written != static_cast<ssize_t>(bytes.size())) std::abort();
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  fs::path path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

 private:
  int descriptor_;
};

/// A reader that is given a path.
template <auto read>
void of_file(std::string_view bytes) {
  const MemoryFile file(bytes);
  read(file.path());
}

constexpr const char* kName = "the file";

void read_idx(std::string_view bytes) { sources::parse_idx(bytes, kName); }
void read_numbers(std::string_view bytes) { sources::parse_csv(bytes, kName); }
void read_users(std::string_view bytes) {
  sources::parse_interactions(bytes, kName, sources::Header::Auto);
}
void read_table(std::string_view bytes) { sources::parse_mixed_table(bytes, kName, {}); }
void read_series(std::string_view bytes) { sources::parse_series(bytes, kName, {}); }
void read_npy(std::string_view bytes) { formats::parse_npy(bytes, kName); }
void read_safetensors(std::string_view bytes) { formats::parse_safetensors(bytes, kName); }
void read_pickle(std::string_view bytes) { formats::parse_pickle(bytes, kName); }
void read_onnx(std::string_view bytes) { formats::parse_onnx_summary(bytes, kName); }
void read_image(std::string_view bytes) { figures::decode_image(bytes, kName); }
void read_card(std::string_view bytes) { formats::parse_card(bytes, kName); }

/// As the weights of the one layer that the corpus has.
void read_hdf5(std::string_view bytes) {
  formats::Hdf5File(bytes, kName).read("layers/dense/vars/0");
}

void read_run_record(std::string_view bytes) {
  runs::run_record_from_json(formats::parse_json(bytes, kName), kName);
}

/// A line each, as they arrive.
void read_stream(std::string_view bytes) {
  sources::StreamRows rows({.width = 2, .names = {"a", "b"}, .time_column = "t"});
  for (const auto& line : split_text(std::string(bytes), '\n')) {
    try {
      rows.take(line);
    } catch (const Error&) {
      // And then the next one.
    }
  }
}

/// What thresholds and streams of the corpus belong to: a model of items of two values.
const evaluation::ExportedModel& corpus_model() {
  static const auto model =
      evaluation::ExportedModel::load(fs::path(HOURGLASS_CORPUS) / "torchscript/best.pt");
  return model;
}

void read_threshold(const fs::path& path) { evaluation::load_detector(path, corpus_model()); }

/// As a stream that goes on with it, whichever rule its threshold is kept by.
void read_stream_state(const fs::path& path) {
  static const std::string model = evaluation::model_sha256(corpus_model());
  const apps::StreamState state = apps::load_stream_state(
      path, {.model_sha256 = model, .file = true, .json = false, .time_column = "t"});
  sources::ClockWatch::from_json(formats::JsonFields(state.clock, kName));
  evaluation::StreamItem({2}, 2, {}).restore(formats::JsonFields(state.item, kName));
  for (const std::string rule : {"running:5,120", "spot:0.01", "dspot:0.001,2"}) {
    evaluation::StreamThreshold threshold(1, {.adapt = evaluation::AdaptRule::parse(rule)});
    try {
      threshold.restore(formats::JsonFields(state.threshold, kName));
    } catch (const Error&) {
      // And then the next one.
    }
  }
}

/// What people write as values of options.
void read_words(std::string_view bytes) {
  const std::string text(bytes);
  static_cast<void>(parse_double(text));
  static_cast<void>(parse_integer(text));
  static_cast<void>(datasets::parse_date(text));
  static_cast<void>(datasets::parse_row_numbers(text));
  static_cast<void>(sources::RowChoice::parse(text));
  static_cast<void>(sources::ClassChoice::parse(text));
  static_cast<void>(evaluation::ThresholdRule::parse(text));
}

void read_model(const fs::path& path) {
  formats::check_torchscript_archive(path);
  formats::read_zip(path);
}
void read_options(const fs::path& path) { runs::read_option_file(path, "dense"); }
void read_keras(const fs::path& path) { formats::read_keras({.model = path}); }

constexpr Reader kReaders[] = {
    {"activations", of_file<evaluation::load_activations>},
    {"card", read_card},
    {"csv", read_numbers},
    {"hdf5", read_hdf5},
    {"idx", read_idx},
    {"image", read_image},
    {"index", of_file<evaluation::load_index>},
    {"interactions", read_users},
    {"keras", of_file<read_keras>},
    {"metrics", of_file<runs::read_metrics>},
    {"npy", read_npy},
    {"npz", of_file<formats::read_npz>},
    {"onnx", read_onnx},
    {"options", of_file<read_options>},
    {"pickle", read_pickle},
    {"pt2", of_file<formats::read_pt2>},
    {"run_record", read_run_record},
    {"safetensors", read_safetensors},
    {"series", read_series},
    {"state", of_file<runs::load_state>},
    {"stream", read_stream},
    {"stream_state", of_file<read_stream_state>},
    {"table", read_table},
    {"threshold", of_file<read_threshold>},
    {"torchscript", of_file<read_model>},
    {"weights", of_file<formats::read_weights>},
    {"words", read_words},
};

}  // namespace

std::span<const Reader> readers() { return kReaders; }

void try_to_read(const Reader& reader, std::string_view bytes) {
  constexpr size_t kLongestMessage = 2000;
  try {
    reader.read(bytes);
  } catch (const Error& error) {
    const std::string message = error.what();
    // Names from files are in it as they are; programs make one line of it (core/printable.h).
    if (message.empty() || message.size() > kLongestMessage) {
      give_up(reader, fmt::format("expected an error of 1 to {} bytes, found {}", kLongestMessage,
                                  message.size()));
    }
  } catch (const std::exception& error) {
    give_up(reader, fmt::format("expected our errors alone, found: {}", error.what()));
  }
}

}  // namespace hourglass::fuzz
