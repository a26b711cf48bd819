// Draws what a training step takes, ours beside its peers, from the table that performance_report.py leaves:
//
//   speed_chart SPEED.csv PICTURE.png      lines "recipe,contender,microseconds" under a heading
//
// Rows and contenders stand in the file's order. It draws with the figures' own primitives: no picture of the room has
// a row of several kinds of dots over a logarithmic axis.

#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/fields.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/figures/axes.h"
#include "hourglass/figures/colormap.h"
#include "hourglass/figures/legend.h"
#include "hourglass/figures/page.h"

#include <algorithm>
#include <map>

namespace hourglass::benchmarks {

using namespace figures;

namespace {

constexpr double kRowHeight = 19 * kPoint, kWidth = 330 * kPoint;
constexpr double kOwnRadius = 4 * kPoint, kPeerRadius = 3 * kPoint;
constexpr const char* kHeading = "recipe,contender,microseconds";

struct SpeedTable {
  std::vector<std::string> recipes, contenders;
  std::map<std::string, std::map<std::string, double>> microseconds;  // by recipe, by contender
};

size_t place_of(std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<size_t>(found - names.begin());
  names.push_back(name);
  return names.size() - 1;
}

SpeedTable read_table(const std::string& path) {
  SpeedTable table;
  const auto lines = split_text(read_file(path), '\n');
  if (lines.front() != kHeading) {
    throw Error("{}: expected the heading '{}', found '{}'", path, kHeading, lines.front());
  }
  for (size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const auto cells = split_text(lines[i], ',');
    const auto value = cells.size() == 3 ? TextCodec<double>::parse(cells[2]) : std::nullopt;
    if (!value || *value <= 0) {
      throw Error("{}: line {}: expected recipe, contender and microseconds above 0, found '{}'",
                  path, i + 1, lines[i]);
    }
    place_of(table.recipes, cells[0]);
    place_of(table.contenders, cells[1]);
    table.microseconds[cells[0]][cells[1]] = *value;
  }
  if (table.recipes.empty()) throw Error("{}: expected at least one line, found none", path);
  return table;
}

/// Ours first, in ink: the mark one looks for.
std::vector<LegendEntry> entries_of(const SpeedTable& table) {
  const auto colors = distinct_colors(table.contenders.size());
  std::vector<LegendEntry> entries;
  for (size_t i = 0; i < table.contenders.size(); ++i) {
    const bool own = i == 0;
    entries.push_back({table.contenders[i], own ? kInk : colors[i - 1], Swatch::Dot,
                       own ? Marker::Hourglass : kMarkers[(i - 1) % 5]});
  }
  return entries;
}

Picture speed_chart(const SpeedTable& table) {
  std::vector<double> all;
  for (const auto& [recipe, row] : table.microseconds) {
    for (const auto& [contender, value] : row) all.push_back(value);
  }
  Axis y = named_axis("", table.recipes);
  std::swap(y.low, y.high);  // the first at the top
  const Axis x = fit_axis("µs a training step", all, Scale::Logarithmic);
  const auto entries = entries_of(table);
  const Legend legend(entries);
  double names = 0;
  for (const auto& recipe : table.recipes) names = std::max(names, text_width(recipe, kSmallSize));

  const double height = (static_cast<double>(table.recipes.size()) + 3) * kRowHeight;
  auto [canvas, content] =
      make_page(kWidth + names + legend.width() + 2 * kGap, std::max(height, legend.height()), "");
  const PlotArea area = draw_axes(canvas, content.without_right(legend.width() + 2 * kGap), x, y);
  legend.draw(canvas, {area.box.right() + 2 * kGap, area.box.y});
  for (size_t i = 0; i < table.recipes.size(); ++i) {
    const auto& row = table.microseconds.at(table.recipes[i]);
    const auto place = [&](double value) { return area.at(value, static_cast<double>(i)); };
    const auto [low, high] = std::minmax_element(
        row.begin(), row.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    canvas.line(place(low->second), place(high->second), {.color = kFrameColor, .width = kThin});
    for (size_t c = entries.size(); c-- > 0;) {  // ours last, above the others
      const auto found = row.find(entries[c].name);
      if (found == row.end()) continue;
      draw_marker(canvas, entries[c].marker, place(found->second),
                  c == 0 ? kOwnRadius : kPeerRadius, entries[c].color);
    }
  }
  return canvas.take();
}

int run(int argc, char** argv) {
  if (argc != 3) throw UsageError("expected SPEED.csv and PICTURE.png, found {} words", argc - 1);
  if (!is_picture_name(argv[2])) {
    throw UsageError("expected a picture's name such as speed.png, found '{}'", argv[2]);
  }
  speed_chart(read_table(argv[1])).save(argv[2]);
  return cli::kDone;
}

}  // namespace
}  // namespace hourglass::benchmarks

int main(int argc, char** argv) {
  return hourglass::cli::run_program("speed_chart",
                                     [&] { return hourglass::benchmarks::run(argc, argv); });
}
