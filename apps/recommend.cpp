// Recommends items to users: of each user's row, the items that a model makes the most of and the user has
// not chosen. With further items of the same users it says how many of them are found.
//
//   recommend runs/films/best.pt                                the ten best items of each user, as CSV
//   recommend best.pt --held-out test.tsv --exclude valid.tsv   recall@10 and NDCG@10
//   recommend best.pt --dataset interactions:new.csv --top 20 --out films.csv

#include "hourglass/apps/tools/recommended_items.h"
#include "hourglass/apps/tools/tool.h"
#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/recommendation.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <optional>
#include <vector>

namespace hourglass::apps {

using namespace evaluation;
using namespace cli;
using sources::KnownInteractions;

namespace {

struct RecommendOptions {
  int64_t top = 10;
  std::string held_out, exclude;
  ModelOptions model;
  RowOptions rows;
  OutputOptions output;

  void describe(FieldTable& table) {
    table.begin_group("Recommendations");
    table.add("top", top, "items recommended to each user, and judged").shown_as("K").at_least(1);
    table
        .add("held_out", held_out,
             "further interactions of the users, a user and an item a line: says how many of these "
             "items are recommended")
        .shown_as("FILE");
    table
        .add("exclude", exclude,
             "interactions whose items are not to be recommended to their users either")
        .shown_as("FILE");
    model.describe(table);
    rows.describe(table);
    output.describe(table);
  }
};

struct Recommended {
  BestItems best;
  int64_t unfindable = 0;  ///< held-out items that are known or excluded
  int64_t strangers = 0;   ///< users who have chosen nothing that the model knows
};

/// What the model makes of each item, [B, I]: the reconstruction, which says nothing of users without
/// an item, the `strange` ones [B], where it is a share of their total; of them what it makes of
/// their code.
at::Tensor scores_of(ExportedModel& model, const Batch& batch, const at::Tensor& strange) {
  at::Tensor scores = model.reconstruct(batch.input, batch.condition);
  if (!strange.any().item<bool>()) return scores;
  const at::Tensor code = model.encode(batch.input, batch.condition);
  return at::where(strange.unsqueeze(1), model.decode(code, batch.condition), scores);
}

Recommended recommend_all(ExportedModel& model, const datasets::Dataset& rows,
                          const std::optional<KnownInteractions>& held_out,
                          const std::optional<KnownInteractions>& excluded,
                          const RecommendOptions& options) {
  std::vector<at::Tensor> items, scores;
  int64_t unfindable = 0, strangers = 0;
  for_each_batch(rows, "recommending", options.output, [&](const Batch& batch, int64_t first) {
    const auto chosen = [&](const KnownInteractions& further) {
      return further.rows->items(first, batch.input.size(0)).ne(0);
    };
    at::Tensor known = batch.input.ne(0);
    const at::Tensor strange = known.flatten(1).any(1).logical_not();
    strangers += strange.sum().item<int64_t>();
    if (excluded) known.logical_or_(chosen(*excluded));
    if (held_out) unfindable += chosen(*held_out).logical_and_(known).sum().item<int64_t>();
    const BestItems best = best_items(scores_of(model, batch, strange), known, options.top);
    items.push_back(best.items);
    scores.push_back(best.scores);
  });
  return {{at::cat(items), at::cat(scores)}, unfindable, strangers};
}

int recommend(const RecommendOptions& options, const CommandLine& line) {
  if (options.output.json && options.held_out.empty()) {
    throw UsageError(
        "--json: says how many held-out items are found: expected --held-out FILE with it");
  }
  const auto path = text_file(options.output, "recommendations are a table");
  ExportedModel model = open_model(line.positional.front(), options.model);
  const SelectedRows rows = select_rows(model, options.rows, line, RecordedNoise::Leave);
  const UsersAndItems named = users_and_items(rows);
  note_unknown_items(rows, options.rows.data, named, options.output);
  const auto further = [&](const std::string& file, const std::string& option) {
    return further_interactions(file, option, named, options.rows.data.header, options.output);
  };
  const auto held_out = further(options.held_out, "--held-out");
  const auto excluded = further(options.exclude, "--exclude");
  const auto [best, unfindable, strangers] =
      recommend_all(model, *rows.rows, held_out, excluded, options);
  if (strangers > 0) {
    note(options.output,
         fmt::format("{} users have chosen no item that the model knows: they get what it makes of "
                     "nothing",
                     with_thousands(strangers)));
  }
  if (unfindable > 0) {
    note(options.output,
         fmt::format("{}: {} held-out items are known of their users or excluded, so they are "
                     "not recommended and count as missed",
                     options.held_out, with_thousands(unfindable)));
  }
  if (!held_out || !options.output.out.empty())
    write_output(path, recommendations_csv(best, named));
  if (held_out) {
    print_quality(ranking_quality(best.items, *held_out->rows, held_out->unknown_items),
                  options.top, unfindable, options.output);
  }
  return kDone;
}

}  // namespace
}  // namespace hourglass::apps

int main(int argc, char** argv) {
  using namespace hourglass;
  using namespace hourglass::apps;
  RecommendOptions options;
  FieldTable table;
  options.describe(table);
  const ProgramInfo program = {
      .name = "recommend",
      .summary = "Recommends items to users, and measures how many held-out ones it finds.",
      .positional = "CKPT",
      .examples = {"recommend runs/films/best.pt --out films.csv",
                   "recommend best.pt --held-out test.tsv --exclude valid.tsv"}};
  return run_tool(program, table, argc, argv, 1, 1,
                  [&](const CommandLine& line) { return recommend(options, line); });
}
