#include "hourglass/cli/command_line.h"

#include "hourglass/core/error.h"
#include "hourglass/tests/support/support.h"

namespace hourglass::cli {
namespace {

using testing::error_of;
using testing::expect_contains;

struct BakeProgram {
  int64_t epochs = 10;
  std::vector<int64_t> at;
  bool quiet = false;
  double oven_heat = 180;
  ProgramInfo program{
      .name = "bake", .summary = "bakes", .positional = "", .examples = {"bake --epochs 3"}};

  FieldTable table() {
    FieldTable table;
    table.begin_group("Baking");
    table.add("epochs", epochs, "number of passes").at_least(1);
    table.add("at", at, "where").shown_as("X,Y");
    table.add("oven_heat", oven_heat, "degrees").at_least(0);
    table.begin_group("Output");
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
  expect_contains(error_of([&] { f.parse({"--oven_heat", "200"}); }),
                  {"unknown option '--oven_heat'", "'--oven-heat'"});
}

TEST(CommandLine, TakesNegativeNumbersAsValues) {
  BakeProgram f;
  f.parse({"--at", "-3,4"});
  EXPECT_EQ(f.at, (std::vector<int64_t>{-3, 4}));
}

TEST(CommandLine, SuggestsTheNearestOption) {
  BakeProgram f;
  EXPECT_EQ(error_of([&] { f.parse({"--epoch", "3"}); }),
            "unknown option '--epoch' (did you mean '--epochs'?); `bake --help` lists all");
}

TEST(CommandLine, RefusesRepeatedOptionsMissingValuesAndStrayArguments) {
  BakeProgram f;
  expect_contains(error_of([&] { f.parse({"--epochs", "3", "--epochs=4"}); }),
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
