#pragma once

#include "hourglass/sources/arrays.h"
#include "hourglass/sources/images.h"
#include "hourglass/sources/stored.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hourglass::sources {

/// What `dataset` names.
struct Source {
  enum class Kind {
    Digits,
    Iris,
    Mnist,
    FashionMnist,
    MovieLens100k,
    Csv,
    Idx,
    Arrays,
    Npz,
    Images,
    Series,
    Interactions
  };
  Kind kind = Kind::Digits;
  std::filesystem::path path = {};        ///< of files, and of Images (a folder)
  std::filesystem::path labels = {};      ///< of Idx and Arrays; empty where there are none
  std::filesystem::path held_out = {};    ///< of Interactions; empty where there are none
  ArrayForm form = {};                    ///< of Arrays
  std::vector<std::string> columns = {};  ///< of Series: names or numbers; none: not said

  /// Of an archive, only its content tells.
  bool may_have_test_part() const {
    return kind == Kind::Mnist || kind == Kind::FashionMnist || kind == Kind::Npz ||
           !held_out.empty();
  }
};

/// Reads "digits", "iris", "mnist", "fashion-mnist", "ml-100k", "csv:PATH", "idx:IMAGES[,LABELS]",
/// "npy:VALUES[,LABELS]", "npz:PATH", "safetensors:VALUES[#TENSOR]", "raw:VALUES,TYPE,SHAPE",
/// "series:PATH[,COLUMN,…]", "interactions:PATH[,HELD_OUT]" or "images:DIR". Throws `UsageError` that names the `option` for anything else.
Source parse_source(const std::string& text, std::string_view option);

/// Reads what `source` (no Series: see `read_series`) names; sets known by name are looked for in `data_dir` first, `csv` says how
/// to read a CSV file, `images` what images become; files of more than `map_above` bytes are not read
/// into memory. Throws `Error` when a set is missing or something
/// is wrong with a file.
StoredData read_source(const Source& source, const std::string& data_dir, const CsvOptions& csv,
                       const ImageForm& images, int64_t map_above);

}  // namespace hourglass::sources
