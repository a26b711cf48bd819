#include "hourglass/cli/run_report.h"

#include "hourglass/cli/command_line.h"
#include "hourglass/cli/html.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/formats/field_json.h"
#include "hourglass/models/layers.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/runs/run_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

namespace hourglass::cli {

namespace embedded {
std::string_view report_style();  // report.css
}

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr size_t kShownEpochs = 10;

struct PictureText {
  std::string_view name, caption;
};

/// The pictures of a run in the order in which they read well; others follow.
constexpr PictureText kPictureTexts[] = {
    {"loss_curve", "Loss over the epochs."},
    {"reconstructions", "Items above their reconstructions."},
    {"noisy", "What the model is shown: items with noise."},
    {"latent_scatter", "Codes of a data set's items, coloured by class."},
    {"manifold", "What the decoder makes of a grid of codes."},
    {"filters", "Weights of the first layer, a tile a unit: red positive, blue negative."},
    {"activations_encoder", "What each layer of the encoder gives for one item."},
    {"activations", "What every layer gives for one item."},
};

/// Recorded as what `auto` resolved to, whatever was asked for.
const std::set<std::string> kResolvedOptions = {"device", "threads", "engine"};

// ---- Texts

std::string code(std::string_view text) { return fmt::format("<code>{}</code>", html_text(text)); }

std::string block(const std::string& text) {
  return fmt::format("<pre>{}</pre>\n", html_text(text));
}

std::string section(std::string_view title, const std::string& content) {
  return content.empty() ? "" : html_element("h2", html_text(title)) + content;
}

std::string number_text_of(double value) { return fmt::format("{:.6g}", value); }

std::string plain_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// 0.64 s, 1:15 min, 1:01:15 h.
std::string duration_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.3g} s", seconds);
  return clock_time(seconds) + (seconds < 3600 ? " min" : " h");
}

/// "20261121-091700" -> "2026-11-21 09:17:00 UTC".
std::string moment_text(const std::string& stamp) {
  if (stamp.size() != 15) return stamp;
  return fmt::format("{}-{}-{} {}:{}:{} UTC", stamp.substr(0, 4), stamp.substr(4, 2),
                     stamp.substr(6, 2), stamp.substr(9, 2), stamp.substr(11, 2),
                     stamp.substr(13, 2));
}

/// As a shell takes it: quoted where it would be read otherwise.
std::string shell_word(const std::string& text) {
  const bool safe = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("-_./:,+=@%").find(c) != std::string_view::npos;
  });
  if (safe) return text;
  std::string quoted = "'";
  for (const char character : text) {
    if (character == '\'')
      quoted += "'\\''";
    else
      quoted += character;
  }
  return quoted + "'";
}

/// Terms and what they are; the descriptions are HTML.
class Facts {
 public:
  void add(std::string_view term, const std::string& description) {
    content_ += html_element("dt", html_text(term)) + html_element("dd", description);
  }
  std::string html() const { return content_.empty() ? "" : html_element("dl", content_, "facts"); }

 private:
  std::string content_;
};

// ---- The page

/// Each method gives the HTML of one section, "" where there is nothing to report.
class RunReport {
 public:
  explicit RunReport(const fs::path& folder)
      : folder_(folder), record_(read_record(folder)), results_(record_.value("results", json())) {
    try {
      metrics_ = runs::read_metrics(folder / "metrics.csv");
    } catch (const Error& error) {
      problems_.push_back(with_dashes(error.what()));
    }
    try {
      model_ = evaluation::ExportedModel::load(folder / "best.pt");
    } catch (const Error& error) {
      problems_.push_back(with_dashes(error.what()));
    }
    options_ = runs::options_of(record_.at("variant"), "", record_.value("network", ""));
    options_.describe(table_);
    formats::from_json(table_, record_.at("options"), (folder / "run.json").string());
    defaults_ = runs::options_of(record_.at("variant"), record_.at("recipe"));
    defaults_.describe(default_table_);
  }

  std::string html() const {
    const std::string body = heading() + status() + key_results() + pictures() + layers() + use() +
                             options() + data() + epochs() + footer();
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
        html_text(title()), embedded::report_style(), body);
  }

 private:
  fs::path folder_;
  json record_, results_;  // results: null where there are none yet
  std::optional<runs::MetricsTable> metrics_;
  std::optional<evaluation::ExportedModel> model_;
  std::vector<std::string> problems_;    // why metrics or checkpoint cannot be shown
  runs::RunOptions options_, defaults_;  // of the run; of its recipe
  FieldTable table_, default_table_;

  static json read_record(const fs::path& folder) {
    if (!fs::exists(folder / "run.json")) {
      throw Error("{}: expected the folder of a run, with a run.json, found none", folder.string());
    }
    return to_json(runs::read_run_record(folder));
  }

  std::string variant() const { return record_.at("variant"); }
  std::string recipe() const { return record_.at("recipe"); }
  std::string title() const { return recipe().empty() ? variant() + " autoencoder" : recipe(); }
  std::string data_name() const { return record_.at("data").value("name", ""); }
  std::string trainer() const { return variant() + "_autoencoder"; }

  // -- The top: what it is, how it ended, what it reached

  std::string heading() const {
    const std::string subtitle =
        fmt::format("{} autoencoder of {}, started {}", variant(), data_name(),
                    moment_text(record_.value("started", "")));
    return html_element("h1", html_text(title())) +
           html_element("p", html_text(subtitle), "subtitle");
  }

  std::string status() const {
    if (!results_.is_object()) {
      return html_element("p",
                          "This run has no results yet: it is at work, or was ended before it "
                          "could record any. It goes on with " +
                              code(resume_command()) + ".",
                          "note") +
             problem_notes();
    }
    const std::string end = results_.value("end", "");
    if (end == "finished" || end.empty()) return problem_notes();
    const std::string text =
        end == "not finite"
            ? "The loss was not finite any more: training ended there."
            : fmt::format("This run was {} after epoch {} of {}. It goes on with ", end,
                          results_.value("epochs", 0), options_.training.epochs) +
                  code(resume_command()) + ".";
    return html_element("p", text, end == "not finite" ? "note bad" : "note") + problem_notes();
  }

  std::string problem_notes() const {
    std::string notes;
    for (const auto& problem : problems_) notes += html_element("p", html_text(problem), "note");
    return notes;
  }

  static std::string stat(std::string_view name, const std::string& value,
                          const std::string& detail = "") {
    const std::string small = detail.empty() ? "" : html_element("small", html_text(detail));
    return html_element(
        "div", html_element("dt", html_text(name)) + html_element("dd", html_text(value) + small));
  }

  std::string key_results() const {
    if (!results_.is_object()) return html_element("dl", machine_stat(), "results") + machine();
    const json& best = results_.at("best");
    std::string stats = stat("Best epoch", with_thousands(best.at("epoch")),
                             fmt::format("of {}", with_thousands(results_.at("epochs"))));
    for (const auto& [key, name] :
         {std::pair{"validation", "Validation loss"}, {"training", "Training loss"}}) {
      const json losses = best.value(key, json::object());
      if (losses.contains("loss")) {
        stats += stat(name, number_text_of(losses.at("loss")), "at the best epoch");
      }
    }
    stats += expected_stat();
    stats += stat("Training time", duration_text(results_.value("training_seconds", 0.0)),
                  "without pictures");
    if (model_) stats += stat("Parameters", with_thousands(parameter_count()));
    return html_element("dl", stats + machine_stat(), "results") + machine();
  }

  std::string expected_stat() const {
    const json expected = results_.value("expected", json());
    if (!expected.is_object()) return "";
    const double value = expected.at("value"), limit = expected.at("at_most");
    return html_element(
        "div", html_element("dt", html_text(fmt::format("Recipe expects at most {:g}", limit))) +
                   html_element(
                       "dd",
                       html_text(number_text_of(value)) +
                           html_element("small",
                                        html_text(fmt::format(
                                            "{} after epoch {}", plain_text(expected.at("column")),
                                            expected.at("epoch").get<int64_t>()))),
                       value <= limit ? "reached" : "missed"));
  }

  std::string machine_stat() const {
    const std::string threads = options_.threads.text();
    return stat("Device", options_.training.device,
                fmt::format("{} thread{}", threads, threads == "1" ? "" : "s"));
  }

  std::string machine() const {
    const json machine = record_.value("machine", json::object());
    const std::string text =
        fmt::format("{}, {} cores, {}", machine.value("processor", "unknown processor"),
                    machine.value("cores", 0), machine.value("system", "unknown system"));
    return html_element("p", html_text(text), "quiet");
  }

  int64_t parameter_count() const {
    int64_t count = 0;
    for (const auto& parameter : model_->parameters()) count += parameter.value.numel();
    return count;
  }

  // -- Pictures

  std::string pictures() const {
    std::set<fs::path> left;
    std::error_code none;  // a run without pictures has no such folder
    for (const auto& entry : fs::directory_iterator(folder_ / "figures", none)) {
      if (entry.path().extension() == ".png") left.insert(entry.path());
    }
    if (left.empty()) {
      return section("Pictures", html_element("p", "This run has drawn none.", "quiet"));
    }
    std::string content;
    for (const auto& [name, caption] : kPictureTexts) {
      const fs::path path = folder_ / "figures" / (std::string(name) + ".png");
      if (left.erase(path) > 0) content += figure(path, std::string(caption));
    }
    for (const auto& path : left) content += figure(path, path.stem().string());
    return section("Pictures", content);
  }

  static std::string figure(const fs::path& path, const std::string& caption) {
    return html_element("figure",
                        html_image(path, caption) + html_element("figcaption", html_text(caption)));
  }

  // -- Layers

  std::string layers() const {
    if (!model_ || !model_->metadata().contains("layer_table")) return "";
    std::vector<HtmlRow> rows;
    for (const auto& layer : model_->metadata().at("layer_table")) {
      rows.push_back({{{code(plain_text(layer.at("name"))), "name"},
                       text_cell(plain_text(layer.at("type"))),
                       number_cell(shape_text(layer.at("output_shape").get<Shape>())),
                       number_cell(with_thousands(layer.at("parameters")))}});
    }
    rows.push_back({{text_cell("Trained parameters", "name"), text_cell(""), text_cell(""),
                     number_cell(with_thousands(parameter_count()))},
                    "total"});
    const std::string shapes = fmt::format(
        "Input {}, code {}.", shape_text(model_->input_shape().value_or(Shape{})),
        shape_text(model_->code_shape().value_or(Shape{})));
    return section("Layers", html_table({"Layer", "Type", "Output", "Values"}, rows) +
                                 html_element("p", html_text(shapes), "quiet"));
  }

  // -- Commands

  std::string resume_command() const {
    return fmt::format("{} --resume {}", trainer(), shell_word(folder_.string()));
  }

  /// The command that trains the same again.
  std::string training_command() const {
    std::string command = trainer();
    if (!recipe().empty()) command += " --recipe " + recipe();
    for (const auto& row : table_.rows()) {
      if (!is_changed(row)) continue;
      command += " " + option_name(row.name);
      if (!row.placeholder().empty()) command += " " + shell_word(row.value_text());
    }
    return command;
  }

  std::string use() const {
    const std::string model = shell_word((folder_ / "best.pt").string());
    std::string content = html_element("p", "Train the same again, or go on:") +
                          block(training_command() + "\n" + resume_command() +
                                fmt::format(" --epochs {}", 2 * options_.training.epochs));
    if (!model_) return section("Use", content);
    content += html_element("p", "Look at the model, and use it:") +
               block(fmt::format("inspect {0}\nreconstruct {0} --indices 0-9\nencode {0}\n"
                                 "generate {0} --samples 16\nactivations {0} --gradients\n"
                                 "evaluate {0}",
                                 model));
    std::vector<std::string> sizes = {"1"};
    for (const int64_t size : model_->input_shape().value_or(Shape{})) {
      sizes.push_back(std::to_string(size));
    }
    const std::string file = (folder_ / "best.pt").string();
    content += html_element("p", "In Python, with PyTorch alone:") +
               block(fmt::format("import torch\nmodel = torch.jit.load({})\n"
                                 "x = torch.rand({})\n"
                                 "reconstruction = model(x)\ncode = model.encode(x)\n"
                                 "decoded = model.decode(code)",
                                 json(file).dump(), join_text(sizes)));
    content +=
        html_element("p", "In C++, with LibTorch alone:") +
        block(fmt::format("#include <torch/script.h>\n\n"
                          "torch::jit::Module model = torch::jit::load({});\n"
                          "at::Tensor x = torch::rand({{{}}});\n"
                          "at::Tensor code = model.get_method(\"encode\")({{x}}).toTensor();",
                          json(file).dump(), join_text(sizes)));
    return section("Use", content);
  }

  // -- Options

  /// Whether the run was given another value than its recipe's, or its variant's, default.
  bool is_changed(const Field& row) const {
    if (!row.recorded || kResolvedOptions.contains(row.name)) return false;
    return row.value_text() != default_table_.find(row.name)->value_text();
  }

  std::string options() const {
    std::vector<HtmlRow> rows;
    std::string group;
    bool any_changed = false;
    for (const auto& row : table_.rows()) {
      if (!row.recorded) continue;
      if (row.group != group) {
        group = row.group;
        rows.push_back({{text_cell(group), text_cell(""), text_cell("")}, "group"});
      }
      const bool changed = is_changed(row);
      any_changed = any_changed || changed;
      const std::string usual = default_table_.find(row.name)->value_text();
      std::string meaning = row.help;
      if (changed) meaning += fmt::format(" (otherwise {})", usual.empty() ? "empty" : usual);
      rows.push_back({{{code(option_name(row.name).substr(2)), "name"},
                       {code(row.value_text()), "value"},
                       text_cell(meaning, "quiet")},
                      changed ? "changed" : ""});
    }
    const std::string usual = recipe().empty() ? "the variant's defaults" : "the recipe's values";
    const std::string text =
        any_changed ? "Highlighted: set for this run. The others are " : "All options are ";
    return section("Options", html_element("p", html_text(text + usual + ".")) +
                                  html_table({"Option", "Value", "Meaning"}, rows));
  }

  // -- Data

  std::string data() const {
    const json& data = record_.at("data");
    Facts facts;
    facts.add("Name", html_text(data_name()));
    for (const auto& [key, name] : {std::pair{"training_rows", "Training rows"},
                                    {"validation_rows", "Validation rows"},
                                    {"test_rows", "Test rows"}}) {
      if (data.contains(key)) facts.add(name, html_text(with_thousands(data.at(key))));
    }
    facts.add("Validation", code(data.value("validation", "")));
    const auto classes = data.value("class_names", std::vector<std::string>());
    if (!classes.empty()) {
      facts.add("Classes", html_text(fmt::format("{}: {}", classes.size(), join_text(classes))));
    }
    facts.add("Values",
              html_text(fmt::format("{:g} to {:g} after scaling", data.value("lowest", 0.0),
                                    data.value("highest", 1.0))));
    if (data.contains("targets") && data.at("targets").is_object()) {
      facts.add("Targets", html_text(plain_text(data.at("targets").value("name", json("")))));
    }
    facts.add("SHA-256", code(data.value("sha256", "")));
    for (const auto& note : data.value("notes", std::vector<std::string>())) {
      facts.add("Note", html_text(note));
    }
    return section("Data", facts.html());
  }

  // -- Metrics

  std::string epochs() const {
    if (!metrics_ || metrics_->columns.empty()) return "";
    const size_t count = metrics_->columns.front().size();
    const int64_t best = results_.is_object() ? results_.at("best").at("epoch").get<int64_t>() : 0;
    std::vector<HtmlRow> rows;
    for (size_t i = count - std::min(count, kShownEpochs); i < count; ++i) {
      rows.push_back(epoch_row(i, best));
    }
    if (rows.empty()) return "";
    std::string text = count > rows.size()
                           ? fmt::format("The last {} of {} epochs", rows.size(), count)
                           : std::string("All epochs");
    text += "; the whole table is metrics.csv.";
    std::vector<std::string> header = metrics_->names;
    for (auto& name : header) std::replace(name.begin(), name.end(), '_', ' ');
    return section("Metrics", html_element("p", html_text(text)) + html_table(header, rows));
  }

  HtmlRow epoch_row(size_t i, int64_t best) const {
    HtmlRow row;
    for (const auto& column : metrics_->columns) {
      row.cells.push_back(number_cell(number_text_of(column[i])));
    }
    if (metrics_->column("epoch")[i] == static_cast<double>(best)) row.css_class = "best";
    return row;
  }

  std::string footer() const {
    const json libraries = record_.value("libraries", json::object());
    std::vector<std::string> versions;
    for (const auto& [name, version] : libraries.items()) {
      versions.push_back(name + " " + plain_text(version));
    }
    return html_element(
        "footer", html_text(fmt::format("Written {} by {}. Run: {}", moment_text(utc_timestamp()),
                                        join_text(versions), folder_.string())));
  }
};

}  // namespace

std::string report_page(const fs::path& folder) {
  // "runs/mine/" and "runs/mine" are one folder.
  const fs::path normal = (folder / "").lexically_normal().parent_path();
  return RunReport(normal.empty() ? fs::path(".") : normal).html();
}

}  // namespace hourglass::cli
