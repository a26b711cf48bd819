#include "hourglass/runs/metrics_file.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>

namespace hourglass::runs {
namespace {

/// "epoch,train_loss,validation_loss,train_reconstruction,…"
std::string header(const std::vector<std::string>& names, bool has_validation) {
  std::string text = "epoch";
  for (const auto& name : names) {
    text += ",train_" + name;
    if (has_validation) text += ",validation_" + name;
  }
  return text + ",learning_rate,seconds\n";
}

/// The digest of a line and all before it.
std::string next_digest(const std::string& before, std::string_view line) {
  return formats::sha256(before + std::string(line.substr(0, line.rfind(','))));
}

std::string digest_of(const std::string& text) {
  std::istringstream lines(text);
  std::string digest, line;
  while (std::getline(lines, line)) digest = next_digest(digest, line);
  return digest;
}

/// The header and the first `rows` rows of the file.
std::string first_rows(const std::filesystem::path& path, int64_t rows) {
  std::istringstream lines(read_file(path));
  std::string kept, line;
  for (int64_t i = 0; i <= rows; ++i) {
    if (!std::getline(lines, line) || lines.eof() ||
        (i > 0 && !line.starts_with(fmt::format("{},", i)))) {
      throw Error("{}: expected whole rows up to epoch {}, found {}", path.string(), rows,
                  std::max<int64_t>(0, i - 1));
    }
    kept += line + "\n";
  }
  return kept;
}

/// Those that a run keeps which goes on after so many epochs.
std::string kept_rows(const std::filesystem::path& path, int64_t rows, const std::string& header) {
  if (rows == 0) return header;
  std::string kept = first_rows(path, rows);
  if (kept.starts_with(header)) return kept;
  throw Error("{}: expected the columns '{}', found '{}'", path.string(),
              header.substr(0, header.size() - 1), kept.substr(0, kept.find('\n')));
}

std::string row(const training::EpochReport& report) {
  std::string text = std::to_string(report.epoch);
  for (size_t i = 0; i < report.training.size(); ++i) {
    text += fmt::format(",{}", report.training[i].value);
    if (!report.validation.empty()) text += fmt::format(",{}", report.validation[i].value);
  }
  return text + fmt::format(",{},{:.6g}\n", report.learning_rate, report.seconds);
}

}  // namespace

const std::vector<double>& MetricsTable::column(const std::string& name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw Error("{}: expected a column '{}', found {}", source, name, join_text(names));
  }
  return columns[static_cast<size_t>(found - names.begin())];
}

bool MetricsTable::has(const std::string& name) const {
  return std::find(names.begin(), names.end(), name) != names.end();
}

MetricsTable read_metrics(const std::filesystem::path& path) {
  std::string text = read_file(path);
  text.resize(text.rfind('\n') + 1);  // npos + 1 is 0: no line is whole
  std::istringstream lines(std::move(text));
  std::string line;
  std::getline(lines, line);
  MetricsTable table{.names = split_text(line, ','), .columns = {}, .source = path.string()};
  table.columns.resize(table.names.size());
  for (int64_t row = 2; std::getline(lines, line); ++row) {
    const auto cells = split_text(line, ',');
    for (size_t i = 0; i < table.names.size(); ++i) {
      const auto value = i < cells.size() ? parse_double(cells[i]) : std::nullopt;
      if (!value)
        throw Error("{}: line {}: expected {} numbers", path.string(), row, table.names.size());
      table.columns[i].push_back(*value);
    }
  }
  return table;
}

MetricsFile::MetricsFile(const std::filesystem::path& path, int64_t finished_epochs,
                         const std::vector<std::string>& names, bool has_validation)
    : path_(path), epochs_(finished_epochs) {
  const std::string text = kept_rows(path, finished_epochs, header(names, has_validation));
  write_file_atomically(path, text);
  read_metrics(path);  // a row that is none fails now, and not when all epochs are done
  digest_ = digest_of(text);
  file_.open(path, std::ios::app);
}

training::Verdict MetricsFile::on_epoch_end(const training::EpochReport& report,
                                            const training::TrainingStatePtr& /*state*/) {
  const std::string text = row(report);
  file_ << text << std::flush;
  if (!file_)
    throw Error("{}: cannot append epoch {}: is the disk full?", path_.string(), report.epoch);
  digest_ = next_digest(digest_, text);
  epochs_ = report.epoch;
  return training::Verdict::Continue;
}

std::string MetricsFile::flush(int64_t epochs) const {
  flush_to_disk(path_);
  return epochs == epochs_ ? digest_ : metrics_digest(path_, epochs);
}

std::string metrics_digest(const std::filesystem::path& path, int64_t epochs) {
  return digest_of(first_rows(path, epochs));
}

}  // namespace hourglass::runs
