#include "hourglass/apps/tools/score_stream.h"

#include "hourglass/apps/tools/anomaly_judgement.h"
#include "hourglass/apps/tools/line_output.h"
#include "hourglass/apps/tools/stream_state.h"
#include "hourglass/cli/interrupt.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/anomaly_detector.h"
#include "hourglass/evaluation/anomaly_ensemble.h"
#include "hourglass/evaluation/model_data.h"
#include "hourglass/evaluation/model_digest.h"
#include "hourglass/evaluation/stream_item.h"
#include "hourglass/sources/clock_watch.h"
#include "hourglass/sources/line_follower.h"
#include "hourglass/sources/stream_rows.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

namespace hourglass::apps {

using namespace evaluation;
using namespace sources;
using namespace cli;

namespace {

namespace fs = std::filesystem;

using Clock = std::chrono::steady_clock;

// A state is never older than this when rows have come since.
constexpr std::chrono::seconds kOldestState{1};

// ---- What the model takes

Shape item_shape_of(const ExportedModel& model) {
  if (model.condition_width() > 0) {
    throw Error(
        "{}: expected a model that is told nothing beside the item, found one with a condition; "
        "`follow` has none to tell",
        model.path().string());
  }
  if (model.card() && model.card()->data && model.card()->data->targets) {
    throw Error("{}: expected a model that gives back its input, found one with targets of its own",
                model.path().string());
  }
  const auto shape = model.input_shape();
  if (!shape) {
    throw Error("{}: does not say what shape an item has: add `input_shape`",
                model.path().string());
  }
  return *shape;
}

/// Where the tables that it learned from had a label; nowhere else is a cell too many.
LabelColumn label_column_of(const ExportedModel& model) {
  const auto data = recorded_data(model);
  const bool table = data && (data->dataset.starts_with("csv:") || data->dataset == "digits" ||
                              data->dataset == "iris");
  return table ? data->label_column : LabelColumn{LabelColumn::Kind::None};
}

/// Values that a row of the stream becomes: an item, or of a series a time step.
int64_t row_width_of(const ExportedModel& model) {
  const bool windows = model.card() && model.card()->data && model.card()->data->series;
  return windows ? std::ssize(model.card()->data->series->channels)
                 : element_count(item_shape_of(model));
}

RowForm row_form_of(const ExportedModel& model, const std::string& time_column) {
  RowForm form = {
      .width = row_width_of(model), .label = label_column_of(model), .time_column = time_column};
  if (!model.card() || !model.card()->data) return form;
  const auto& data = *model.card()->data;
  if (data.schema) {
    form.schema = *data.schema;
    form.width = std::ssize(data.schema->columns);
    if (data.schema->named) form.names = data.schema->names();
    return form;
  }
  const auto& names = data.series ? data.series->channels : data.column_names;
  if (std::ssize(names) == form.width) form.names = names;
  return form;
}

/// From the file, or, where a rule needs no threshold, the model's own score.
AnomalyDetector detector_for(const ExportedModel& model, const std::string& load_threshold) {
  if (load_threshold.empty()) {
    if (!model.card() || !model.card()->data) {
      throw Error("{}: does not say how values are scaled: add `load_threshold`",
                  model.path().string());
    }
    AnomalyDetector detector = {.scaling = model.card()->data->scaling};
    detector.options.score = resolve_score(AnomalyScore::Auto, model);
    return detector;
  }
  AnomalyDetector detector = load_detector(load_threshold, model);
  if (!detector.steps) return detector;
  throw Error(
      "{}: is a threshold of time steps, which are scored by windows that come later, too; for a "
      "stream use `adapt` running without it",
      load_threshold);
}

// ---- The lines that are written

std::string csv_header(bool timed, bool running) {
  return fmt::format("row,{}score,threshold,flag{}\n", timed ? "time," : "",
                     running ? ",deviations" : "");
}

std::string csv_row(int64_t row, const std::string* time, double score,
                    const StreamThreshold::Verdict& verdict) {
  return fmt::format("{},{}{:.9g},{:.9g},{:d}{}\n", row, time ? csv_cell(*time) + "," : "", score,
                     verdict.threshold, verdict.flag,
                     verdict.deviations ? fmt::format(",{:.9g}", *verdict.deviations) : "");
}

std::string json_row(int64_t row, const std::string* time, double score,
                     const StreamThreshold::Verdict& verdict) {
  nlohmann::ordered_json object = {{"row", row}};
  if (time) object["time"] = *time;
  object["score"] = score;
  object["threshold"] = verdict.threshold;
  object["flag"] = verdict.flag;
  if (verdict.deviations) object["deviations"] = *verdict.deviations;
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  return object.dump(-1, ' ', /*ensure_ascii=*/false, replace) + "\n";
}

// ---- The stream

class ScoreStream {
 public:
  ScoreStream(ExportedModel& model, const AnomalyDetector& detector, const StreamOptions& options,
              const OutputOptions& output)
      : options_(options),
        output_options_(output),
        identity_{model_sha256(model), false, output.json, options.time_column},
        form_(row_form_of(model, options.time_column)),
        item_(item_shape_of(model), row_width_of(model), detector.scaling),
        scorer_(scorer_of(model, detector)),
        threshold_(detector.threshold, options.keeping),
        follower_(options.follow),
        rows_(form_) {
    identity_.file = follower_.is_file();
  }

  /// Until the stream ends, or someone asks to stop.
  int run() {
    begin();
    bool ended = false;
    while (!ended && goes_on()) {
      ended = !take_event(follower_.next(kOldestState));
      if (rows_since_state_ >= options_.state_every || Clock::now() - kept_ >= kOldestState) {
        keep_state();
      }
    }
    keep_state();
    tell_summary();
    return ended ? kDone : kInterrupted;
  }

 private:
  const StreamOptions& options_;
  const OutputOptions& output_options_;
  StreamIdentity identity_;
  RowForm form_;
  StreamItem item_;
  AnomalyScorer scorer_;
  StreamThreshold threshold_;
  LineFollower follower_;
  StreamRows rows_;
  ClockWatch clock_;
  StreamState state_;
  std::optional<LineOutput> lines_;
  int64_t rows_since_state_ = 0;
  bool changed_ = true;  // since the state was kept
  Clock::time_point kept_ = Clock::now();

  bool timed() const { return !options_.time_column.empty(); }
  void tell(const std::string& text) const { note(output_options_, text); }
  std::string place() const {
    return fmt::format("{}: line {}", options_.follow == "-" ? "standard input" : options_.follow,
                       with_thousands(follower_.place().lines));
  }

  /// What a pipe has given cannot be read again: it is scored, whoever asks to stop.
  bool goes_on() const {
    return !InterruptGuard::requested() || (!follower_.is_file() && follower_.holds_line());
  }

  void begin() {
    const bool resumes = !options_.state.empty() && fs::exists(options_.state);
    // A file that the stream goes on with is there already.
    const bool continues = resumes && !output_options_.out.empty() && output_options_.out != "-";
    const fs::path out =
        continues ? fs::path(output_options_.out) : output_file(output_options_, "-");
    if (resumes) resume();
    // Before a new file is there, so that a killed program finds either none or a state to it.
    keep_state();
    lines_.emplace(out, out == "-" ? 0 : state_.output_bytes);
    const bool fresh = out == "-" ? !resumes : state_.output_bytes == 0;
    if (fresh && !output_options_.json) {
      lines_->write(csv_header(timed(), options_.keeping.running() != nullptr));
    }
  }

  void resume() {
    state_ = load_stream_state(options_.state, identity_);
    item_.restore(formats::JsonFields(state_.item, options_.state));
    threshold_.restore(formats::JsonFields(state_.threshold, options_.state));
    if (timed()) clock_ = ClockWatch::from_json(formats::JsonFields(state_.clock, options_.state));
    rows_.resume(state_.header);
    if (!identity_.file || state_.place.lines == 0) rows_.begin_file();
    if (follower_.resume(state_.place)) {
      tell(fmt::format("goes on behind {} rows, as {} says", with_thousands(state_.rows),
                       options_.state));
    } else {
      rows_.begin_file();
      tell(
          fmt::format("{}: is another file than {} was kept for: begins with its first line; what "
                      "the other one got since is lost",
                      options_.follow, options_.state));
    }
  }

  void keep_state() {
    kept_ = Clock::now();
    if (options_.state.empty() || !std::exchange(changed_, false)) return;
    if (lines_) {
      lines_->flush_to_disk();
      state_.output_bytes = lines_->bytes();
    }
    rows_since_state_ = 0;
    state_.place = follower_.place();
    state_.header = rows_.header();
    state_.item = item_.to_json();
    state_.threshold = threshold_.to_json();
    if (timed()) state_.clock = clock_.to_json();
    save_stream_state(options_.state, state_, identity_);
  }

  /// False at the end.
  bool take_event(LineFollower::Event event) {
    switch (event) {
      case LineFollower::Event::Nothing: return true;
      case LineFollower::Event::End: return false;
      case LineFollower::Event::Line: take_line(); break;
      case LineFollower::Event::TooLong:
        skip(fmt::format("expected at most {} bytes", with_thousands(LineFollower::kLongestLine)));
        break;
      case LineFollower::Event::NewFile:
        rows_.begin_file();
        tell(options_.follow + ": was replaced or cut short: goes on with its first line");
        break;
    }
    changed_ = true;
    return true;
  }

  void take_line() {
    try {
      const auto kind = rows_.take(follower_.line());
      if (kind == StreamRows::Kind::Header && state_.rows > 0) tell(place() + ": a header");
      if (kind != StreamRows::Kind::Row) return;
      rows_.parse(item_.row());
    } catch (const Error& error) {
      const bool useless = !rows_.knows_columns() && state_.rows == 0;
      if (useless) throw Error("{}: {}", place(), error.what());
      return skip(error.what());
    }
    judge();
  }

  void judge() {
    item_.advance();
    // The first rows of a window have no score yet.
    if (!item_.complete()) {
      ++state_.rows;
      ++rows_since_state_;
      return;
    }
    const double score = scorer_(item_.batch()).item<double>();
    const auto verdict = threshold_.judge(score);
    const std::string* time = timed() ? &rows_.time() : nullptr;
    if (time) {
      const std::string wrong = clock_.look_at(*time);
      if (!wrong.empty()) tell(fmt::format("{}: {}", place(), wrong));
    }
    lines_->write((output_options_.json ? json_row : csv_row)(state_.rows, time, score, verdict));
    ++state_.rows;
    ++rows_since_state_;
    state_.flagged += verdict.flag;
  }

  void skip(const std::string& reason) {
    tell(fmt::format("{}: skipped: {}", place(), reason));
    ++state_.rows;
    ++rows_since_state_;
    ++state_.skipped;
  }

  /// Beside the lines, so not among them.
  void tell_summary() const {
    if (output_options_.quiet) return;
    const std::string rule = options_.keeping.adapt ? options_.keeping.adapt->text() : "fixed";
    fmt::print(stderr, "rows      {}, {} skipped\nflagged   {}\nthreshold {:.6g} ({}{})\n",
               with_thousands(state_.rows), with_thousands(state_.skipped),
               with_thousands(state_.flagged), threshold_.threshold(), rule,
               options_.keeping.adapt && !threshold_.follows() ? ", too few rows so far" : "");
  }
};

}  // namespace

int score_stream(const std::string& judge, const std::string& load_threshold,
                 const StreamOptions& options, const ModelOptions& model_options,
                 const OutputOptions& output) {
  ModelOptions opened = model_options;
  // One row at a time leaves nothing for a second thread to do.
  if (!opened.threads.count) opened.threads.count = 1;
  const InterruptGuard interrupt;
  if (names_ensemble(judge)) {
    const AnomalyDetector ensemble = open_ensemble(judge, opened);
    return ScoreStream(*ensemble.members.front()->model, ensemble, options, output).run();
  }
  ExportedModel model = open_model(judge, opened);
  const AnomalyDetector detector = detector_for(model, load_threshold);
  return ScoreStream(model, detector, options, output).run();
}

}  // namespace hourglass::apps
