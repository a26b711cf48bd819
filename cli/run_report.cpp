#include "hourglass/cli/run_report.h"

#include "hourglass/cli/html.h"
#include "hourglass/cli/recorded_run.h"
#include "hourglass/cli/report_tables.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/model_condition.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <set>
#include <string_view>
#include <vector>

namespace hourglass::cli {

namespace {

namespace fs = std::filesystem;
using training::RunEnd;

struct PictureText {
  std::string_view name, caption;
};

/// The pictures of a run in the order in which they read well; others follow.
constexpr PictureText kPictureTexts[] = {
    {"loss_curve", "Loss over the epochs, and each of its terms."},
    {"reconstructions", "Items above their reconstructions."},
    {"noisy", "What the model is shown: items with noise."},
    {"latent_scatter", "Codes of a data set's items, coloured by class."},
    {"manifold", "What the decoder makes of a grid of codes."},
    {"samples", "What the decoder makes of codes drawn from the prior."},
    {"code_maps", "Items above the maps of their indices, each index in its colour."},
    {"codebook", "What each vector of the codebook decodes to, the most used first."},
    {"filters", "What each unit of the last hidden layer adds to an item: red more, blue less."},
    {"activations_encoder", "What each layer of the encoder gives for one item."},
    {"activations", "What every layer gives for one item."},
};

// ---- Texts

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

// ---- The top: what it is, how it ended, what it reached

std::string heading(const RecordedRun& run) {
  const std::string subtitle =
      fmt::format("{} autoencoder of {}, started {}", run.record().variant, run.record().data.name,
                  moment_text(run.record().started));
  return html_element("h1", html_text(run.title())) +
         html_element("p", html_text(subtitle), "subtitle");
}

/// How a run ended that did not simply finish; "" for one that did.
std::string end_note(const RecordedRun& run) {
  // Going on loads best.pt, a program.
  const std::string go_on =
      run.untrusted() ? "" : "It goes on with " + html_code(run.resume_command()) + ".";
  const auto& results = run.record().results;
  if (!results) {
    return html_element("p",
                        "This run has no results yet: it is at work, or was ended before it could "
                        "record any. " +
                            go_on,
                        "note");
  }
  switch (results->end) {
    case RunEnd::Finished: return "";
    case RunEnd::NotFinite:
      return html_element("p", "The loss was not finite any more: training ended there.",
                          "note bad");
    default:
      return html_element(
          "p",
          fmt::format("This run was {} after epoch {} of {}. ", enum_name(results->end),
                      results->epochs, run.options().training.epochs) +
              go_on,
          "note");
  }
}

std::string status(const RecordedRun& run) {
  std::string notes = end_note(run);
  for (const auto& problem : run.problems()) notes += html_element("p", html_text(problem), "note");
  return notes;
}

std::string stat(std::string_view name, const std::string& value, const std::string& detail,
                 std::string_view css_class = "") {
  const std::string small = detail.empty() ? "" : html_element("small", html_text(detail));
  return html_element("div", html_element("dt", html_text(name)) +
                                 html_element("dd", html_text(value) + small, css_class));
}

std::string loss_stat(std::string_view name, const Measurements& measurements) {
  for (const auto& measurement : measurements) {
    if (measurement.name != "loss") continue;
    return stat(name, fmt::format("{:.6g}", measurement.value), "at the best epoch");
  }
  return "";
}

std::string expected_stat(const runs::ExpectationRecord& expected) {
  return stat(fmt::format("Recipe expects at most {:g}", expected.at_most),
              fmt::format("{:.6g}", expected.value),
              fmt::format("{} after epoch {}", expected.column, expected.epoch),
              expected.value <= expected.at_most ? "reached" : "missed");
}

std::string result_stats(const RecordedRun& run, const runs::RunResults& results) {
  std::string stats;
  if (results.best.epoch > 0) {
    stats = stat("Best epoch", with_thousands(results.best.epoch),
                 fmt::format("of {}", with_thousands(results.epochs)));
  }
  stats += loss_stat("Validation loss", results.best.validation) +
           loss_stat("Training loss", results.best.training);
  if (results.expected) stats += expected_stat(*results.expected);
  stats += stat("Training time", duration_text(results.training_seconds), "without pictures");
  if (run.model()) stats += stat("Parameters", with_thousands(run.parameter_count()), "");
  return stats;
}

std::string key_results(const RecordedRun& run) {
  const auto& results = run.record().results;
  const std::string threads = run.options().threads.text();
  const std::string device = stat("Device", run.options().training.device,
                                  fmt::format("{} thread{}", threads, threads == "1" ? "" : "s"));
  const runs::MachineRecord& machine = run.record().machine;
  return html_element("dl", (results ? result_stats(run, *results) : "") + device, "results") +
         html_element("p",
                      html_text(fmt::format("{}, {} cores, {}", machine.processor, machine.cores,
                                            machine.system)),
                      "quiet");
}

// ---- Pictures

std::string pictures(const RecordedRun& run) {
  const fs::path folder = run.folder() / "figures";
  std::set<fs::path> left;
  std::error_code none;  // a run without pictures has no such folder
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (entry.path().extension() == ".png") left.insert(entry.path());
  }
  if (left.empty()) {
    return html_section("Pictures", html_element("p", "This run has drawn none.", "quiet"));
  }
  std::string content;
  for (const auto& [name, caption] : kPictureTexts) {
    const fs::path path = folder / (std::string(name) + ".png");
    if (left.erase(path) > 0) content += html_figure(path, caption);
  }
  for (const auto& path : left) content += html_figure(path, path.stem().string());
  return html_section("Pictures", content);
}

// ---- Use

/// The sizes of a batch of one item, "1, 1, 8, 8", and the width of its condition.
struct ExampleSizes {
  std::string item;
  int64_t condition = 0;
};

ExampleSizes example_sizes(const evaluation::ExportedModel& model) {
  std::string sizes = "1";
  for (const int64_t size : model.input_shape().value_or(Shape{})) {
    sizes += fmt::format(", {}", size);
  }
  return {sizes, model.condition_width()};
}

std::string in_python(const std::string& file, const ExampleSizes& sizes) {
  std::string condition, told;
  if (sizes.condition > 0) {
    condition = fmt::format("condition = torch.eye({})[:1]\n", sizes.condition);
    told = ", condition";
  }
  return html_element("p", "In Python, with PyTorch alone:") +
         html_block(fmt::format("import torch\nmodel = torch.jit.load({})\n"
                                "x = torch.rand({})\n{}"
                                "reconstruction = model(x{})\ncode = model.encode(x{})\n"
                                "decoded = model.decode(code{})",
                                file, sizes.item, condition, told, told, told));
}

std::string in_cpp(const std::string& file, const ExampleSizes& sizes) {
  std::string condition, told;
  if (sizes.condition > 0) {
    condition =
        fmt::format("at::Tensor condition = torch::eye({}).narrow(0, 0, 1);\n", sizes.condition);
    told = ", condition";
  }
  return html_element("p", "In C++, with LibTorch alone:") +
         html_block(
             fmt::format("#include <torch/script.h>\n\n"
                         "torch::jit::Module model = torch::jit::load({});\n"
                         "at::Tensor x = torch::rand({{{}}});\n{}"
                         "at::Tensor code = model.get_method(\"encode\")({{x{}}}).toTensor();",
                         file, sizes.item, condition, told));
}

/// How the model's tool `generate` is asked for something.
std::string generate_command(const evaluation::ExportedModel& model, const std::string& path) {
  const int64_t told = model.condition_width();
  if (told == 0) return fmt::format("generate {} --samples 16", path);
  if (!evaluation::told_classes(model).empty()) {
    return fmt::format("generate {} --samples 10 --condition all", path);
  }
  const std::vector<std::string> numbers(static_cast<size_t>(told), "N");
  return fmt::format("generate {} --samples 16 --condition {}  # numbers in units of the data: {}",
                     path, join_text(numbers, ","), join_text(model.card()->condition->names));
}

std::string training_commands(const RecordedRun& run) {
  if (run.untrusted()) {
    return html_element("p", "Train the same again:") + html_block(run.training_command());
  }
  return html_element("p", "Train the same again, or go on:") +
         html_block(run.training_command() + "\n" + run.resume_command() +
                    fmt::format(" --epochs {}", 2 * run.options().training.epochs));
}

std::string use(const RecordedRun& run) {
  std::string content = training_commands(run);
  if (!run.model()) return html_section("Use", content);
  const std::string path = run.model()->path().string(), word = shell_word(path);
  content += html_element("p", "Look at the model, and use it:") +
             html_block(fmt::format("inspect {0}\nreconstruct {0} --indices 0-9\nencode {0}\n"
                                    "{1}\nactivations {0} --gradients\nevaluate {0}",
                                    word, generate_command(*run.model(), word)));
  // A model that is data is no program for others to load.
  if (run.untrusted()) return html_section("Use", content);
  const std::string file = nlohmann::json(path).dump();  // a literal of Python and C++ alike
  const ExampleSizes sizes = example_sizes(*run.model());
  return html_section("Use", content + in_python(file, sizes) + in_cpp(file, sizes));
}

std::string footer(const RecordedRun& run) {
  std::vector<std::string> versions;
  for (const auto& [name, version] : run.record().libraries) {
    versions.push_back(fmt::format("{} {}", name, version));
  }
  return html_element(
      "footer", html_text(fmt::format("Written {} by {}. Run: {}", moment_text(utc_timestamp()),
                                      join_text(versions), run.folder().string())));
}

}  // namespace

std::string report_page(const fs::path& folder, const StageOfWork& say) {
  return report_page(RecordedRun(without_slash(folder)), say);
}

std::string report_page(const RecordedRun& run, const StageOfWork& say) {
  const std::string body = heading(run) + status(run) + key_results(run) +
                           measure_section(run, say) + pictures(run) + layer_section(run) +
                           use(run) + option_section(run) + data_section(run) +
                           metric_section(run) + footer(run);
  return html_page(run.title(), body);
}

}  // namespace hourglass::cli
