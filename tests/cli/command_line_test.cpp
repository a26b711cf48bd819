#include "hourglass/cli/command_line.h"

#include "hourglass/cli/help_text.h"
#include "hourglass/cli/man_page.h"
#include "hourglass/cli/program_list.h"
#include "hourglass/cli/program_pages.h"
#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::cli {

enum class Crust { None, Thin, Thick };
constexpr auto names_of(Crust) {
  return std::to_array<EnumName<Crust>>(
      {{Crust::None, "none"}, {Crust::Thin, "thin"}, {Crust::Thick, "thick"}});
}

namespace {

using testing::error_of;
using testing::expect_contains;

struct BakeProgram {
  int64_t epochs = 10;
  std::vector<int64_t> at;
  bool quiet = false;
  double oven_heat = 180;
  Crust crust = Crust::Thin;
  std::vector<Crust> sides;
  std::string photo;
  ProgramInfo program{
      .name = "bake", .summary = "bakes", .positional = "", .examples = {"bake --epochs 3"}};

  FieldTable table() {
    FieldTable table;
    table.begin_group("Baking");
    table.add("epochs", epochs, "number of passes").at_least(1);
    table.add("at", at, "where").shown_as("X,Y");
    table.add("oven_heat", oven_heat, "degrees").at_least(0);
    table.add("crust", crust, "below");
    table.add("sides", sides, "around: none, thin or thick");
    table.begin_group("Output");
    table.add("photo", photo, "of the cake").shown_as("FILE");
    table.add("quiet", quiet, "print less");
    return table;
  }

  CommandLine parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "bake");
    return parse_command_line(program, table(), static_cast<int>(arguments.size()),
                              arguments.data());
  }
};

TEST(CommandLine, SetsFieldsAndRemembersWhatWasGiven) {
  BakeProgram f;
  const CommandLine line = f.parse({"--epochs", "3", "--quiet"});
  EXPECT_EQ(f.epochs, 3);
  EXPECT_TRUE(f.quiet);
  EXPECT_TRUE(line.has("epochs"));
  EXPECT_FALSE(line.has("at"));
}

TEST(CommandLine, WritesFieldsWithDashes) {
  BakeProgram f;
  const CommandLine line = f.parse({"--oven-heat", "200"});
  EXPECT_EQ(f.oven_heat, 200);
  EXPECT_TRUE(line.has("oven_heat"));
  expect_contains(help_text(f.program, f.table()), {"--oven-heat X"});
  expect_contains(error_of([&] {
                    f.parse({"--oven_heat", "200"});
                  }),
                  {"unknown option '--oven_heat'", "'--oven-heat'"});
}

TEST(CommandLine, HasNoNameForWhatStandsWithoutAFlag) {
  BakeProgram f;
  for (const char* hidden : {"--positional", "--positional=x"}) {
    expect_contains(error_of([&] { f.parse({hidden, "x"}); }), {"unknown option '--positional'"});
  }
}

TEST(CommandLine, GivesHelpNoValue) {
  BakeProgram f;
  EXPECT_EQ(error_of([&] { f.parse({"--help=me"}); }),
            "`help`, `version`: expected no value beside them, found one");
}

TEST(CommandLine, TakesNegativeNumbersAsValues) {
  BakeProgram f;
  f.parse({"--at", "-3,4"});
  EXPECT_EQ(f.at, (std::vector<int64_t>{-3, 4}));
}

TEST(CommandLine, SuggestsTheNearestOption) {
  BakeProgram f;
  EXPECT_EQ(error_of([&] {
              f.parse({"--epoch", "3"});
            }),
            "unknown option '--epoch' (did you mean '--epochs'?); `bake --help` lists all");
}

TEST(CommandLine, RefusesRepeatedOptionsMissingValuesAndStrayArguments) {
  BakeProgram f;
  expect_contains(error_of([&] {
                    f.parse({"--epochs", "3", "--epochs=4"});
                  }),
                  {"given more than once"});
  expect_contains(error_of([&] { f.parse({"--epochs"}); }), {"epochs"});
  expect_contains(error_of([&] { f.parse({"digits"}); }), {"unexpected argument 'digits'"});
}

TEST(CommandLine, CollectsPositionalArgumentsWhereTheProgramTakesSome) {
  BakeProgram f;
  f.program.positional = "CKPT";
  EXPECT_EQ(f.parse({"a.pt", "--epochs", "2", "b.pt"}).positional,
            (std::vector<std::string>{"a.pt", "b.pt"}));
}

TEST(CommandLine, HelpShowsGroupsDefaultsAndExamples) {
  BakeProgram f;
  EXPECT_TRUE(f.parse({"--help"}).help);
  expect_contains(help_text(f.program, f.table()),
                  {"Baking", "Output", "--epochs N", "(default: 10)", "bake --epochs 3"});
}

TEST(CommandLine, BesideHelpWrongValuesArePassedOver) {
  BakeProgram f;
  const CommandLine line =
      f.parse({"--epochs", "many", "--oven-heat", "99", "--flour", "stray", "--help"});
  EXPECT_TRUE(line.help);
  EXPECT_EQ(line.given, std::vector<std::string>{"oven_heat"});
  EXPECT_EQ(f.epochs, 10);
}

TEST(CommandLine, EveryProgramTellsItsVersion) {
  BakeProgram f;
  EXPECT_TRUE(f.parse({"--version"}).version);
  EXPECT_EQ(error_of([&] { f.parse({"--versoin"}); }),
            "unknown option '--versoin' (did you mean '--version'?); `bake --help` lists all");
}

TEST(HelpText, ListsTheNamesOfAnEnumerationUnlessTheyAreToldAlready) {
  BakeProgram f;
  const FieldTable table = f.table();
  EXPECT_EQ(option_explanation(*table.find("crust")),
            "below (one of none, thin, thick; default: thin)");
  EXPECT_EQ(option_explanation(*table.find("sides")),
            "around: none, thin or thick (default: none)");
}

TEST(HelpText, SaysWhereValuesComeFrom) {
  BakeProgram f;
  ValueSources sources{.by_field = {{"epochs", "recipe cake"}}, .notes = {"Defaults of a cake."}};
  const FieldTable table = f.table();
  EXPECT_EQ(option_explanation(*table.find("epochs"), sources),
            "number of passes (default: 10, by recipe cake)");
  EXPECT_EQ(option_explanation(*table.find("quiet"), sources), "print less");
  f.quiet = true;
  sources.by_field["quiet"] = "mine.json";
  EXPECT_EQ(option_explanation(*table.find("quiet"), sources),
            "print less (default: on, by mine.json; --quiet=false)");
  expect_contains(help_text(f.program, table, sources), {"Defaults of a cake.\n"});
}

TEST(HelpText, FitsTheWidth) {
  BakeProgram f;
  f.program.summary = "Bakes cakes of all kinds, with and without crust, at any heat.";
  for (const size_t width : {40, 60, 80}) {
    for (const auto& line : split_text(help_text(f.program, f.table(), {}, width), '\n')) {
      EXPECT_LE(line.size(), width) << line;
    }
  }
  expect_contains(help_text(f.program, f.table(), {}, 40),
                  {"  --crust NAME\n        below (one of none, thin, thick;\n"});
}

TEST(CompletionTable, TellsWhatEachOptionTakes) {
  BakeProgram f;
  EXPECT_EQ(completion_table(f.program, f.table()),
            "--epochs value\n--at value\n--oven-heat value\n--crust choice none thin thick\n"
            "--sides list none thin thick\n--photo file\n--quiet switch\n--help switch\n"
            "--version switch\n");
}

TEST(ManPage, EscapesWhatTroffWouldRead) {
  EXPECT_EQ(man_text(".5 of a \\ at --width π"), "\\&.5 of a \\e at \\-\\-width \\[u03C0]");
  BakeProgram f;
  f.program.positional = "DOUGH";
  expect_contains(man_page(f.program, f.table()),
                  {".TH HOURGLASS\\-BAKE 1", "\\fBhourglass bake\\fR DOUGH", ".SS Baking\n.TP\n",
                   "\\fB\\-\\-crust\\fR \\fINAME\\fR\nbelow", "hourglass bake \\-\\-epochs 3"});
}

TEST(Grouped, KeepsTheOrderAndSaysOnceWhatAllLinesBeginWith) {
  const auto groups = grouped({{"a", "Train", "Trains: dense."},
                               {"show", "Tools", "Shows: all."},
                               {"b", "Train", "Trains: sparse."}});
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].heading, "Train");
  EXPECT_EQ(groups[0].programs[1].name, "b");
  EXPECT_EQ(groups[0].programs[1].summary, "sparse.");
  EXPECT_EQ(groups[1].programs[0].summary, "Shows: all.");
}

TEST(PeekOption, FindsBothSpellings) {
  const char* spaced[] = {"bake", "--recipe", "cake"};
  const char* joined[] = {"bake", "--recipe=cake"};
  EXPECT_EQ(peek_option("recipe", 3, spaced), "cake");
  EXPECT_EQ(peek_option("recipe", 2, joined), "cake");
  EXPECT_FALSE(peek_option("flour", 3, spaced));
  EXPECT_THROW(peek_option("recipe", 2, spaced), UsageError);
}

TEST(WithDashes, RewritesFieldsAndNothingElse) {
  EXPECT_EQ(with_dashes("`learning_rate`: expected `optimizer` adamw"),
            "--learning-rate: expected --optimizer adamw");
  EXPECT_EQ(with_dashes("a_b; `bake --help` lists all of 'x_y'"),
            "a_b; `bake --help` lists all of 'x_y'");
  EXPECT_EQ(with_dashes(""), "");
}

}  // namespace
}  // namespace hourglass::cli
