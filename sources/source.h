#pragma once

#include "hourglass/sources/stored.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace hourglass::sources {

/// What `dataset` names.
struct Source {
  enum class Kind { Digits, Iris, Mnist, FashionMnist, Csv, Idx, Images };
  Kind kind = Kind::Digits;
  std::filesystem::path path = {};    ///< of Csv, Idx and Images (a folder)
  std::filesystem::path labels = {};  ///< of Idx; empty where there are none

  bool has_test_part() const { return kind == Kind::Mnist || kind == Kind::FashionMnist; }
};

/// Reads "digits", "iris", "mnist", "fashion-mnist", "csv:PATH", "idx:IMAGES[,LABELS]" or
/// "images:DIR". Throws `UsageError` that names the `option` for anything else.
Source parse_source(const std::string& text, std::string_view option);

/// Reads what `source` names; sets known by name are looked for in `data_dir` first, and `csv`
/// says how to read a CSV file. Throws `Error` when a set is missing or something is wrong with a
/// file.
StoredData read_source(const Source& source, const std::string& data_dir, const CsvOptions& csv);

}  // namespace hourglass::sources
