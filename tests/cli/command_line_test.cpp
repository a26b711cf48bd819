#include "core/command_line.h"

#include "core/error.h"
#include "tests/support/support.h"

namespace hourglass {
namespace {

using testing::error_of;
using testing::expect_contains;

struct BakeProgram {
  int64_t epochs = 10;
  std::vector<int64_t> at;
  bool quiet = false;
  ProgramInfo program{
      .name = "bake", .summary = "bakes", .positional = "", .examples = {"bake --epochs 3"}};

  OptionTable table() {
    OptionTable table;
    table.begin_group("Baking");
    table.add("epochs", epochs, "N", "number of passes").at_least(1);
    table.add("at", at, "X,Y", "where");
    table.begin_group("Output");
    table.add_switch("quiet", quiet, "print less");
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

TEST(PeekOption, FindsBothSpellings) {
  const char* spaced[] = {"bake", "--recipe", "cake"};
  const char* joined[] = {"bake", "--recipe=cake"};
  EXPECT_EQ(peek_option("recipe", 3, spaced), "cake");
  EXPECT_EQ(peek_option("recipe", 2, joined), "cake");
  EXPECT_FALSE(peek_option("flour", 3, spaced));
  EXPECT_THROW(peek_option("recipe", 2, spaced), UsageError);
}

}  // namespace
}  // namespace hourglass
