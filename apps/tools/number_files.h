#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

// Codes and decoded items as files of numbers, one row an item.

namespace hourglass::apps {

/// Throws `UsageError`, naming the `option`, unless the file ends in .csv or .npy or is "-".
void expect_number_file(const std::string& path, const std::string& option);

/// "code0", "code1" … for `column` "code".
std::vector<std::string> numbered_columns(const std::string& column, int64_t count);

/// Writes rows [N, shape…], float32 or int64, in one step: an NPY file of that shape and type, or a
/// CSV file whose header has the `columns`, one a value of an item, and with `labels` (N of them, or
/// none) a last one "label". "-" is CSV on standard output.
void write_numbers(const std::filesystem::path& path, const at::Tensor& rows,
                   const std::vector<std::string>& columns, const std::vector<std::string>& labels);

struct NumberRows {
  at::Tensor values;                ///< [N, shape…] float32, or int64 as an NPY file has them
  std::vector<std::string> labels;  ///< of a CSV file's column "label"; empty where it has none
  std::vector<std::string> columns = {};  ///< names of a CSV file's values; empty where it has none
};

/// Reads what `write_numbers` wrote, or such files of others: [N, D] of a CSV file, [N, shape…] of
/// an NPY file; either of them from standard input for "-". Throws `Error` for a file that is
/// damaged, holds no rows, or holds a number that is not finite, naming the row.
NumberRows read_numbers(const std::string& path);

}  // namespace hourglass::apps
