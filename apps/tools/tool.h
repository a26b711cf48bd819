#pragma once

#include "hourglass/cli/command_line.h"
#include "hourglass/core/fields.h"
#include "hourglass/core/terminal.h"
#include "hourglass/datasets/batches.h"
#include "hourglass/datasets/condition.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/evaluation/item_names.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/sources/open.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the tools share: a tool is a struct of options, a table of them, and a function.

namespace hourglass::evaluation {
struct Codes;  // evaluation/codes.h
}

namespace hourglass::apps {

/// Which part of a data set a tool looks at.
enum class Split { Auto, Train, Validation, Test, All };
constexpr auto names_of(Split) {
  return std::to_array<EnumName<Split>>({{Split::Auto, "auto"},
                                         {Split::Train, "train"},
                                         {Split::Validation, "validation"},
                                         {Split::Test, "test"},
                                         {Split::All, "all"}});
}

/// Row numbers from 0, in the order given.
struct RowList {
  std::vector<int64_t> rows;  ///< empty: all
  bool all = false;           ///< all were asked for, rather than nothing said

  /// "110-119,7", "all".
  static std::string expects() {
    return "row numbers and ranges of them, 110-119,7 say, 100 million rows at most, or all";
  }
  static std::optional<RowList> parse(const std::string& text);
  std::string text() const;
};

/// What a model is told beside each item: by a rule, or the same class for all.
struct ToolCondition {
  datasets::ConditionRule rule;
  std::string class_name;  ///< a class of the model, or its number; empty: by the rule

  /// "label", "columns:age,3", "ankle boot", "7".
  static std::string expects() { return datasets::ConditionRule::expects() + ", or a class"; }
  static std::optional<ToolCondition> parse(const std::string& text);
  std::string text() const { return class_name.empty() ? rule.text() : class_name; }
};

/// Where and how a checkpoint runs.
struct ModelOptions {
  Shape input_shape;  ///< of a file without our metadata; empty: as the metadata, or the data, say
  std::string device = "auto";
  runs::Threads threads;
  bool untrusted = false;  ///< whether nothing of a model's file may run

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// The rows to evaluate.
struct RowOptions {
  sources::DataOptions data = {.dataset = ""};  ///< empty: what the checkpoint was trained on
  ToolCondition condition;                      ///< in the place of that of `data`
  Split split = Split::Auto;
  RowList indices;
  std::string indices_option = "--indices";  ///< which asked for them
  int64_t first_rows = 0;                    ///< evaluated when --indices is not given; 0: all
  /// Rows of all classes of the model's data, though it may have been trained on some alone.
  bool every_class = false;

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// Where results go and how they are reported.
struct OutputOptions {
  std::string out;
  bool force = false, json = false, quiet = false;

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// Parses the command line into `options` by the table and runs `work`; `--help` and errors are
/// dealt with. Throws `UsageError` unless the number of positional arguments is in [least, most].
int run_tool(const cli::ProgramInfo& program, const FieldTable& table, int argc,
             const char* const* argv, size_t least, size_t most,
             const std::function<int(const cli::CommandLine&)>& work);

/// Throws `UsageError` where one of the options was given; `reason` says why it cannot be, and may
/// name fields in backquotes.
void refuse_options(std::initializer_list<const char*> names, const cli::CommandLine& line,
                    std::string_view reason);

/// Loads the file for the device of the options and takes their number of threads.
evaluation::ExportedModel open_model(const std::string& path, const ModelOptions& options);

/// Whether a checkpoint that learned to remove noise is shown noisy inputs, too, when nothing else
/// is said.
enum class RecordedNoise { Apply, Leave };

/// The rows that a tool looks at, in the form the checkpoint expects.
struct SelectedRows {
  datasets::DatasetPtr rows;     ///< the chosen part, then the chosen rows of it
  Split part = Split::All;       ///< never auto
  std::string name;              ///< of the part: "test"
  std::vector<int64_t> numbers;  ///< of the rows, in the part: what --indices would say
  sources::DataSplits splits;    ///< all parts, for what has to be fitted on training rows
  datasets::DatasetPtr whole;    ///< all rows but an official test part; null unless it is `rows`
};

/// Reads the data the options name, each file once. Without --dataset that is what the checkpoint
/// was trained on, and how it was read, split, paired and corrupted. Values are scaled as in
/// training unless --scale is given or they are of another kind (bytes of images, numbers of a
/// table); items get the checkpoint's input shape, and are told what they were told in training
/// unless --condition says otherwise. A data set that --dataset names is split only where
/// --validation or --split asks for a part. Throws `Error` where the items do not fit the
/// checkpoint, and where a third-party file comes without --dataset; `UsageError` for --condition
/// label and a checkpoint that takes none.
SelectedRows select_rows(const evaluation::ExportedModel& model, const RowOptions& options,
                         const cli::CommandLine& line, RecordedNoise noise);

/// Another part of the same data, which are not read again, and the rows of it that the options
/// choose. Throws `UsageError` where there is no such part.
SelectedRows select_part(SelectedRows rows, Split split, const RowOptions& options);

/// As `select_rows` above where no checkpoint decides anything; values are as stored unless --scale
/// is given.
SelectedRows select_rows(const RowOptions& options, const cli::CommandLine& line);

/// Image files that arguments name: themselves, and those in folders by name.
struct ImageFileList {
  std::vector<std::filesystem::path> paths;
  std::vector<std::string> names;  ///< of a folder's file the path below it: "7/a.png"
};

/// Opens no file. Throws `Error` as `sources::list_images` does.
ImageFileList list_image_inputs(const std::vector<std::string>& names);

/// A user's own images, told the class of the options where there is one.
struct ImageInputs {
  ImageFileList files;
  datasets::DatasetPtr rows;  ///< one a file, without labels
};

/// Reads image files, and folders of them (PNG, JPEG), in the checkpoint's shape and scaled as in
/// training. A note reports each image that was resized or changed to grey or colour. Throws
/// `Error` for what is no image, and for a checkpoint that does not take images.
ImageInputs read_image_inputs(const evaluation::ExportedModel& model,
                              const std::vector<std::string>& names, const OutputOptions& options,
                              const ToolCondition& condition = {});

/// The file that `--out` names, or `default_name` in the working folder; "-" stays "-". Throws
/// `Error` where it is there already and --force is not given, where its folder is not there, and
/// for "-" where standard output is closed: call it before the work.
std::filesystem::path output_file(const OutputOptions& options, const std::string& default_name);

/// The same for a further file, which `option` decides, "--save-index"; "" where it names none.
std::filesystem::path further_file(const std::filesystem::path& path, std::string_view option,
                                   const OutputOptions& options);

/// The same for a picture. Throws `UsageError` for a name without a picture's suffix.
std::filesystem::path picture_file(const OutputOptions& options, const std::string& default_name);

/// The same for a text; standard output where nothing is named. Throws `UsageError` for the name of
/// a picture: `reason` says why it is none.
std::filesystem::path text_file(const OutputOptions& options, std::string_view reason);

/// Makes a folder for results, and its parents. Those of them that are still empty when `run_tool`
/// ends are removed: what is refused leaves nothing.
void make_output_folder(const std::filesystem::path& folder);

/// The folder that `--out` names, or `default_name`, for these files, made as above. Throws `Error`
/// where one of the files is there already and --force is not given.
std::filesystem::path output_folder(const OutputOptions& options, const std::string& default_name,
                                    const std::vector<std::string>& files);

/// Writes a file in one step, or to standard output for "-".
void write_output(const std::filesystem::path& path, std::string_view bytes);

/// Prints where a result is, on a line of its own.
void print_path(const std::filesystem::path& path);

/// Prints below other findings which files were written.
void print_written(const std::vector<std::string>& files);

/// A line for people on standard error, unless --quiet.
void note(const OutputOptions& options, const std::string& text);

/// For loops over `total` rows: on a terminal, work that takes long shows how far it is and the
/// time left, until the last copy is gone.
datasets::BatchProgress progress_line(const std::string& what, int64_t total,
                                      const OutputOptions& options);

/// `datasets::for_each_batch` with that line.
void for_each_batch(const datasets::Dataset& rows, const std::string& what,
                    const OutputOptions& options, const datasets::BatchWork& work);

/// Says on a terminal what is at work, where no count of rows can; the next text, or the end of the
/// object, takes it away. Nothing with --quiet.
class StageLine {
 public:
  explicit StageLine(const OutputOptions& options);

  void show(const std::string& text) { line_.show(text); }

 private:
  LiveLine line_;
};

/// `evaluation::encode_all` with that line.
evaluation::Codes encode_rows(evaluation::ExportedModel& model, const datasets::Dataset& rows,
                              const std::string& what, const OutputOptions& options);

/// "training ", "test ", or "" for all rows: what the part is called before "rows".
std::string part_text(const SelectedRows& rows);

/// "359 validation rows of digits".
std::string row_text(const SelectedRows& rows);

/// The files that some rows of the data are: `items` are of `rows`, its parts or its whole. Empty where
/// the data are no folder of images.
std::vector<std::string> files_of(const datasets::Dataset& items, const SelectedRows& rows);

/// What the rows are called.
evaluation::ItemNames item_names(const SelectedRows& rows);

/// Class names as the data give them; empty where there are none.
std::vector<std::string> class_names(const SelectedRows& rows);

/// The name of each label (int64 [N], or undefined), or its number where there are no names; empty
/// where there are no labels.
std::vector<std::string> label_names(const at::Tensor& labels,
                                     const std::vector<std::string>& class_names);

}  // namespace hourglass::apps
