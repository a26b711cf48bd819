#include "hourglass/sources/table_cache.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/mapped_file.h"
#include "hourglass/formats/digest.h"
#include "hourglass/formats/in_place.h"
#include "hourglass/formats/json.h"
#include "hourglass/sources/array_labels.h"
#include "hourglass/sources/named.h"
#include "hourglass/sources/shards.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <optional>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace hourglass::sources {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char *kSummaryFile = "table.json", *kValuesFile = "values.float32",
                     *kLabelsFile = "labels.uint32";

/// What a cache has to be of.
json table_key(const fs::path& path, const CsvOptions& options) {
  return {{"version", 1},
          {"table", fs::absolute(path).lexically_normal().string()},
          {"identity", sampled_digest({path})},
          {"label_column", options.label_column.text()},
          {"header", enum_name(options.header)}};
}

/// One folder a path and options, so that a newer table takes the place of the older.
fs::path cache_folder(json key) {
  const auto cache = user_cache();
  if (!cache) {
    throw Error("{}: expected $HOME or $XDG_CACHE_HOME, where to keep a table too large for memory",
                key["table"].get<std::string>());
  }
  key.erase("identity");
  return *cache / "tables" / formats::sha256(key.dump()).substr(0, 16);
}

/// Writes rows to the cache's files. The text of the table is mapped.
class CacheWriter final : public CsvSink {
 public:
  CacheWriter(const fs::path& folder, std::string_view text)
      : values_(folder / kValuesFile, std::ios::binary),
        labels_(folder / kLabelsFile, std::ios::binary),
        text_(text) {}

  void take(std::span<const float> values, uint32_t label) override {
    values_.write(reinterpret_cast<const char*>(values.data()),
                  static_cast<std::streamsize>(values.size_bytes()));
    labels_.write(reinterpret_cast<const char*>(&label), sizeof label);
    // What was read need not stay: the text is read once, and what is forgotten can be read again.
    constexpr int64_t kRowsBetween = 1 << 14;
    if (++rows_ % kRowsBetween == 0) forget_reading(text_);
  }

  bool close() {
    values_.close();
    labels_.close();
    return values_ && labels_;
  }

 private:
  std::ofstream values_, labels_;
  std::string_view text_;
  int64_t rows_ = 0;
};

json summary_json(const CsvSummary& table) {
  return {{"rows", table.rows},
          {"values", table.values},
          {"labels", table.labels},
          {"class_names", table.class_names},
          {"column_names", table.column_names},
          {"label_name", table.label_name},
          {"notes", table.notes}};
}

std::string content_digest(const fs::path& folder) {
  std::string digests;
  for (const char* name : {kValuesFile, kLabelsFile}) {
    digests += sampled_digest(MappedFile(folder / name).bytes());
  }
  return digests;
}

void fill_cache(const fs::path& path, const CsvOptions& options, const json& key,
                const fs::path& folder) {
  const MappedFile file(path);
  CacheWriter writer(folder, file.bytes());
  const CsvSummary table = stream_csv(file.bytes(), path.string(), options, writer);
  if (!writer.close())
    throw Error("{}: cannot write the cache of {}", folder.string(), path.string());
  const json content = {
      {"key", key}, {"table", summary_json(table)}, {"content", content_digest(folder)}};
  write_file_atomically(folder / kSummaryFile, formats::json_text(content) + "\n");
}

/// Labels by the numbers of the cells, some at a time; in few bytes.
at::Tensor labels_of(std::string_view bytes, const std::vector<int64_t>& of_cells, int64_t rows,
                     size_t classes) {
  if (of_cells.empty()) return {};
  constexpr int64_t kRowsAtOnce = 1 << 20;
  const at::Tensor by_cell = at::tensor(of_cells, at::kLong).to(compact_label_type(classes));
  const at::Tensor cells = formats::tensor_in_place(bytes, nullptr, {rows}, at::kInt);
  at::Tensor labels = at::empty({rows}, by_cell.scalar_type());
  for (int64_t first = 0; first < rows; first += kRowsAtOnce) {
    const int64_t count = std::min(kRowsAtOnce, rows - first);
    labels.narrow(0, first, count).copy_(by_cell.index_select(0, cells.narrow(0, first, count)));
  }
  return labels;
}

StoredData data_in(const fs::path& folder, const formats::JsonFields& table, const fs::path& path) {
  StoredData data;
  const auto rows = table.get<int64_t>("rows"), values = table.get<int64_t>("values");
  const auto file = std::make_shared<const MappedFile>(folder / kValuesFile);
  if (rows < 1 || values < 1 || std::ssize(file->bytes()) / 4 / values != rows) {
    throw Error("{}: expected {} rows of {} values", folder.string(), rows, values);
  }
  data.class_names = table.get<std::vector<std::string>>("class_names");
  data.rows.mapped = std::make_shared<datasets::MappedRows>(
      std::vector<datasets::MappedPart>{
          {formats::tensor_in_place(file->bytes(), file, {rows, values}, at::kFloat),
           path.string()}},
      Shape{values});
  data.rows.labels =
      labels_of(MappedFile(folder / kLabelsFile).bytes(), table.get<std::vector<int64_t>>("labels"),
                rows, data.class_names.size());
  data.natural_scale = {datasets::ScalingRule::Kind::MinMax};
  data.column_names = table.get<std::vector<std::string>>("column_names");
  data.label_name = table.get<std::string>("label_name");
  data.notes = table.get<std::vector<std::string>>("notes");
  return data;
}

/// What the folder holds; none where it is of another table, or damaged.
std::optional<StoredData> load_cache(const fs::path& folder, const json& key,
                                     const fs::path& path) {
  try {
    const std::string name = (folder / kSummaryFile).string();
    const json content = formats::parse_json(read_file(folder / kSummaryFile), name);
    const formats::JsonFields fields(content, name);
    if (fields.object("key").as_json() != key) return {};
    if (fields.get<std::string>("content") != content_digest(folder)) return {};
    return data_in(folder, fields.object("table"), path);
  } catch (const Error&) {
    return {};  // missing or cut off
  }
}

/// Held while a table's cache is filled. The system drops it with the process, however that ends.
class FillLock {
 public:
  /// Waits for a process that fills the same folder: what it leaves there can be used.
  explicit FillLock(const fs::path& folder) {
    const std::string path = folder.string() + ".lock";
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor_ < 0) {
      throw Error("{}: cannot open: {}", path, std::generic_category().message(errno));
    }
    int result = 0;
    do {
      result = ::flock(descriptor_, LOCK_EX);
    } while (result != 0 && errno == EINTR);
    held_ = result == 0;
  }
  ~FillLock() { ::close(descriptor_); }
  FillLock(const FillLock&) = delete;
  FillLock& operator=(const FillLock&) = delete;

  /// False on file systems without locks, of some networks.
  bool held() const { return held_; }

 private:
  int descriptor_ = -1;
  bool held_ = false;
};

/// Removes what processes that were killed have left; to be called with the lock held, so that none
/// of the folders is another's at work.
void remove_abandoned_fills(const fs::path& folder) {
  const std::string start = folder.filename().string() + ".";
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder.parent_path(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(start) && name.ends_with(".tmp")) fs::remove_all(entry.path(), ignored);
  }
}

/// Fills a folder of its own name and gives it the other's place.
void replace_cache(const fs::path& path, const CsvOptions& options, const json& key,
                   const fs::path& folder) {
  const fs::path temporary = fmt::format("{}.{}.tmp", folder.string(), ::getpid());
  std::error_code ignored;
  fs::remove_all(temporary, ignored);
  create_folders(temporary);
  try {
    fill_cache(path, options, key, temporary);
    fs::remove_all(folder, ignored);
    fs::rename(temporary, folder);
  } catch (const fs::filesystem_error& error) {
    fs::remove_all(temporary, ignored);
    // Without locks another process may have been faster: what it left is as good.
    if (load_cache(folder, key, path)) return;
    throw Error("{}: cannot write the cache: {}", folder.string(), error.code().message());
  } catch (...) {
    fs::remove_all(temporary, ignored);
    throw;
  }
}

/// What the folder holds once this process, or another that was at it, has filled it.
std::optional<StoredData> filled_cache(const fs::path& path, const CsvOptions& options,
                                       const json& key, const fs::path& folder) {
  create_folders(folder.parent_path());
  const FillLock lock(folder);
  if (auto data = load_cache(folder, key, path)) return data;
  if (lock.held()) remove_abandoned_fills(folder);
  replace_cache(path, options, key, folder);
  return load_cache(folder, key, path);
}

}  // namespace

StoredData cached_table(const fs::path& path, const CsvOptions& options) {
  const json key = table_key(path, options);
  const fs::path folder = cache_folder(key);
  auto data = load_cache(folder, key, path);
  if (!data) data = filled_cache(path, options, key, folder);
  if (!data)
    throw Error("{}: expected the cache of {}, found other files", folder.string(), path.string());
  data->notes.push_back(
      fmt::format("{}: its numbers are kept in {}", path.string(), folder.string()));
  data->sha256 = key["identity"].get<std::string>();
  data->identity = kSampledIdentity;
  return *std::move(data);
}

}  // namespace hourglass::sources
