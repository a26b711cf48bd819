#include "hourglass/sources/source.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/sources/arrays.h"
#include "hourglass/sources/named.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace hourglass::sources {
namespace {

namespace fs = std::filesystem;

constexpr std::pair<const char*, Source::Kind> kNamedSources[] = {
    {"digits", Source::Kind::Digits},
    {"iris", Source::Kind::Iris},
    {"mnist", Source::Kind::Mnist},
    {"fashion-mnist", Source::Kind::FashionMnist}};

/// "csv" for the name of a CSV file without a prefix; empty where the suffix says nothing.
std::string prefix_meant(const std::string& text) {
  if (text.find(':') != std::string::npos) return "";
  for (const std::string suffix : {"csv", "npy", "npz"}) {
    if (text.ends_with("." + suffix)) return suffix;
  }
  return "";
}

[[noreturn]] void unknown_source(const std::string& text, std::string_view option) {
  std::vector<std::string> known = {"csv:PATH", "idx:IMAGES", "npy:X.npy", "npz:FILE",
                                    "images:DIR"};
  for (const auto& [name, kind] : kNamedSources) known.emplace_back(name);
  const std::string prefix = prefix_meant(text);
  throw UsageError(
      "`{}`: expected digits, iris, mnist, fashion-mnist, csv:PATH, idx:IMAGES[,LABELS], "
      "npy:X[,Y], npz:FILE or images:DIR, found '{}'{}",
      option, text,
      prefix.empty() ? suggestion(text, known)
                     : fmt::format(" (did you mean '{}:{}'?)", prefix, text));
}

/// The paths behind a prefix, "idx:IMAGES,LABELS"; none unless there are one or two.
std::vector<std::string> paths_behind(const std::string& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return {};
  auto paths = split_text(text.substr(prefix.size()), ',');
  const bool named = std::none_of(paths.begin(), paths.end(), [](auto& p) { return p.empty(); });
  return named && paths.size() <= 2 ? paths : std::vector<std::string>();
}

StoredData read_idx_source(const Source& source) {
  formats::Sha256 hash;
  StoredData data;
  data.rows = read_idx_rows(source.path, source.labels, hash);
  data.sha256 = hash.hex();
  data.natural_scale = {datasets::ScalingRule::Kind::Max, 255};
  if (data.rows.labels.defined()) {
    const auto highest = data.rows.labels.max().item<int64_t>();
    for (int64_t i = 0; i <= highest; ++i) data.class_names.push_back(std::to_string(i));
  }
  return data;
}

}  // namespace

Source parse_source(const std::string& text, std::string_view option) {
  for (const auto& [name, kind] : kNamedSources) {
    if (text == name) return {kind};
  }
  if (text.starts_with("csv:") && text.size() > 4) return {Source::Kind::Csv, text.substr(4)};
  if (text.starts_with("images:") && text.size() > 7) {
    return {Source::Kind::Images, text.substr(7)};
  }
  if (text.starts_with("npz:") && text.size() > 4) return {Source::Kind::Npz, text.substr(4)};
  for (const auto& [prefix, kind] :
       {std::pair("idx:", Source::Kind::Idx), {"npy:", Source::Kind::Npy}}) {
    const auto paths = paths_behind(text, prefix);
    if (!paths.empty()) return {kind, paths[0], paths.size() > 1 ? paths[1] : ""};
  }
  unknown_source(text, option);
}

StoredData read_source(const Source& source, const std::string& data_dir, const CsvOptions& csv,
                       const ImageForm& images) {
  switch (source.kind) {
    case Source::Kind::Digits: return read_digits(data_dir);
    case Source::Kind::Iris: return read_iris(data_dir);
    case Source::Kind::Mnist: return read_mnist(data_dir);
    case Source::Kind::FashionMnist: return read_fashion_mnist(data_dir);
    case Source::Kind::Idx: return read_idx_source(source);
    case Source::Kind::Images: return read_image_folder(source.path, images);
    case Source::Kind::Npy: return read_npy_rows(source.path, source.labels);
    case Source::Kind::Npz: return read_npz_rows(source.path);
    case Source::Kind::Csv: break;
  }
  return stored_table(read_file(source.path), source.path.string(), csv);
}

}  // namespace hourglass::sources
