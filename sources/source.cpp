#include "hourglass/sources/source.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/sources/images.h"
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

[[noreturn]] void unknown_source(const std::string& text, std::string_view option) {
  std::vector<std::string> known = {"csv:PATH", "idx:IMAGES", "images:DIR"};
  for (const auto& [name, kind] : kNamedSources) known.emplace_back(name);
  const bool looks_like_csv = text.ends_with(".csv") && text.find(':') == std::string::npos;
  throw UsageError(
      "`{}`: expected digits, iris, mnist, fashion-mnist, csv:PATH, idx:IMAGES[,LABELS] or "
      "images:DIR, found '{}'{}",
      option, text,
      looks_like_csv ? fmt::format(" (did you mean 'csv:{}'?)", text) : suggestion(text, known));
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
  if (text.starts_with("idx:")) {
    const auto paths = split_text(text.substr(4), ',');
    const bool named = std::none_of(paths.begin(), paths.end(), [](auto& p) { return p.empty(); });
    if (named && paths.size() == 1) return {Source::Kind::Idx, paths[0]};
    if (named && paths.size() == 2) return {Source::Kind::Idx, paths[0], paths[1]};
  }
  unknown_source(text, option);
}

StoredData read_source(const Source& source, const std::string& data_dir, const CsvOptions& csv) {
  switch (source.kind) {
    case Source::Kind::Digits: return read_digits(data_dir);
    case Source::Kind::Iris: return read_iris(data_dir);
    case Source::Kind::Mnist: return read_mnist(data_dir);
    case Source::Kind::FashionMnist: return read_fashion_mnist(data_dir);
    case Source::Kind::Idx: return read_idx_source(source);
    case Source::Kind::Images: return read_image_folder(source.path);
    case Source::Kind::Csv: break;
  }
  return stored_table(read_file(source.path), source.path.string(), csv);
}

}  // namespace hourglass::sources
