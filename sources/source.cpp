#include "hourglass/sources/source.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/shape_check.h"
#include "hourglass/sources/arrays.h"
#include "hourglass/sources/interactions.h"
#include "hourglass/sources/named.h"
#include "hourglass/sources/table_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace hourglass::sources {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSafetensors = "safetensors:", kRaw = "raw:", kSeries = "series:";

constexpr std::pair<const char*, Source::Kind> kNamedSources[] = {
    {"digits", Source::Kind::Digits},
    {"iris", Source::Kind::Iris},
    {"mnist", Source::Kind::Mnist},
    {"fashion-mnist", Source::Kind::FashionMnist},
    {"ml-100k", Source::Kind::MovieLens100k}};

/// "csv" for the name of a CSV file without a prefix; empty where the suffix says nothing.
std::string prefix_meant(const std::string& text) {
  if (text.find(':') != std::string::npos) return "";
  for (const char* suffix : {"csv", "npy", "npz", "safetensors"}) {
    if (text.ends_with(fmt::format(".{}", suffix))) return suffix;
  }
  return "";
}

[[noreturn]] void unknown_source(const std::string& text, std::string_view option) {
  std::vector<std::string> known = {"csv:PATH",          "idx:IMAGES",  "npy:X.npy",
                                    "npz:FILE",          "raw:FILE",    "safetensors:FILE",
                                    "interactions:FILE", "series:FILE", "images:DIR"};
  for (const auto& [name, kind] : kNamedSources) known.emplace_back(name);
  const std::string prefix = prefix_meant(text);
  throw UsageError(
      "`{}`: expected digits, iris, mnist, fashion-mnist, ml-100k, csv:PATH, idx:IMAGES[,LABELS], "
      "npy:X[,Y], npz:FILE, safetensors:FILE[#TENSOR], raw:FILE,TYPE,SHAPE, "
      "series:FILE[,COLUMN,...], interactions:FILE[,HELD_OUT] or images:DIR, found "
      "'{}'{}",
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

/// "safetensors:FILE#TENSOR"; none for another form.
std::optional<Source> parse_safetensors_source(const std::string& text) {
  if (!text.starts_with(kSafetensors)) return {};
  const std::string file = text.substr(kSafetensors.size());
  const size_t mark = file.rfind('#');
  const std::string path = file.substr(0, mark);
  if (path.empty()) return {};
  Source source{Source::Kind::Arrays, path};
  source.form.kind = ArrayForm::Kind::Safetensors;
  if (mark != std::string::npos) source.form.tensor = file.substr(mark + 1);
  return source;
}

/// "raw:FILE,float32,3x32x32". The file's name may have commas.
Source parse_raw_source(const std::string& text, std::string_view option) {
  const auto refuse = [&](const std::string& expected, const std::string& found) {
    throw UsageError("`{}`: expected raw:FILE,TYPE,SHAPE with {}, found '{}'", option, expected,
                     found);
  };
  auto parts = split_text(text.substr(kRaw.size()), ',');
  if (parts.size() < 3) refuse("a type and the shape of an item, 256 or 3x32x32 say", text);
  Source source{Source::Kind::Arrays};
  source.form.kind = ArrayForm::Kind::Raw;
  for (const auto& size : split_text(parts.back(), 'x')) {
    source.form.item_shape.push_back(parse_integer(size).value_or(0));
  }
  const auto count = formats::checked_element_count(source.form.item_shape);
  if (!count || *count < 1) refuse("the shape of an item, 256 or 3x32x32 say", parts.back());
  const std::string shape = parts.back();
  parts.pop_back();
  const auto type = number_type(parts.back());
  if (!type) refuse("a type of " + number_type_names(), parts.back());
  const auto value_bytes = static_cast<int64_t>(c10::elementSize(*type));
  if (*count > std::numeric_limits<int64_t>::max() / value_bytes) {
    refuse("the shape of an item of less than 2^63 bytes", shape);
  }
  source.form.type = *type;
  parts.pop_back();
  source.path = join_text(parts, ",");
  if (source.path.empty()) refuse("a file", text);
  return source;
}

/// "series:FILE,temperature,pressure".
Source parse_series_source(const std::string& text, std::string_view option) {
  auto parts = split_text(text.substr(kSeries.size()), ',');
  const bool named = std::none_of(parts.begin(), parts.end(), [](auto& p) { return p.empty(); });
  if (parts.empty() || !named) {
    throw UsageError(
        "`{}`: expected series:FILE or series:FILE,COLUMN,... with names or numbers of columns, "
        "found '{}'",
        option, text);
  }
  Source source{Source::Kind::Series, parts.front()};
  source.columns.assign(parts.begin() + 1, parts.end());
  return source;
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
  if (auto source = parse_safetensors_source(text)) return *source;
  if (text.starts_with(kSeries)) return parse_series_source(text, option);
  if (text.starts_with(kRaw)) return parse_raw_source(text, option);
  if (const auto paths = paths_behind(text, "interactions:"); !paths.empty()) {
    Source source{Source::Kind::Interactions, paths[0]};
    if (paths.size() > 1) source.held_out = paths[1];
    return source;
  }
  for (const auto& [prefix, kind] :
       {std::pair("idx:", Source::Kind::Idx), {"npy:", Source::Kind::Arrays}}) {
    const auto paths = paths_behind(text, prefix);
    if (!paths.empty()) return {kind, paths[0], paths.size() > 1 ? paths[1] : ""};
  }
  unknown_source(text, option);
}

StoredData read_source(const Source& source, const std::string& data_dir, const CsvOptions& csv,
                       const ImageForm& images, int64_t map_above) {
  switch (source.kind) {
    case Source::Kind::Digits: return read_digits(data_dir);
    case Source::Kind::Iris: return read_iris(data_dir);
    case Source::Kind::Mnist: return read_mnist(data_dir);
    case Source::Kind::FashionMnist: return read_fashion_mnist(data_dir);
    case Source::Kind::MovieLens100k: return read_ml_100k(data_dir, csv);
    case Source::Kind::Idx: return read_idx_source(source);
    case Source::Kind::Images: return read_image_folder(source.path, images);
    case Source::Kind::Arrays:
      return read_arrays(source.path, source.form, source.labels, map_above);
    case Source::Kind::Npz: return read_npz_rows(source.path, map_above);
    case Source::Kind::Interactions:
      return read_interaction_rows(source.path, source.held_out, csv);
    case Source::Kind::Series:  // has options of its own
    case Source::Kind::Csv: break;
  }
  return read_table(source.path, csv, map_above);
}

}  // namespace hourglass::sources
