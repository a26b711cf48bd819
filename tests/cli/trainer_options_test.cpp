// The trainers' command lines: options, files of them, help, wrong usage, a user's own data.

#include "hourglass/cli/trainer_options.h"

#include "hourglass/cli/program.h"
#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/evaluation/exported_model.h"
#include "hourglass/figures/picture.h"
#include "hourglass/tests/cli/trainer_runs.h"

#include <nlohmann/json.hpp>

namespace hourglass::cli {

using namespace evaluation;

namespace {

TEST(TrainerProgram, AnotherNetworkBringsItsOwnFlags) {
  const TemporaryFolder folder;
  expect_contains(train({"--network", "lstm", "--help"}).output, {"--bidirectional"});
  const auto result =
      train(small_run(folder / "run", {"--network", "convolutional", "--filters", "4"}));
  EXPECT_EQ(result.exit_code, kDone) << result.errors;
  EXPECT_EQ(ExportedModel::load(folder / "run/best.pt").card()->code_shape, (Shape{4, 4, 4}));
  expect_error(train({"--network", "lstm", "--tied-weights"}), kWrongUsage,
               {"--tied-weights: an option of --network dense", "found --network lstm"});
  expect_error(train({"--network", "lstmm"}), kWrongUsage, {"--network", "did you mean 'lstm'"});
  // A run that goes on has the network it began with.
  EXPECT_EQ(train({"--resume", folder / "run", "--epochs", "7", "--no-figures"}).exit_code, kDone);
}

TEST(TrainerProgram, ADictionaryBringsDefaultsThatItNeeds) {
  const auto sparse = [](const Arguments& arguments) {
    return testing::run("sparse_autoencoder", arguments);
  };
  const TemporaryFolder folder;
  const auto result =
      sparse(small_run(folder / "run", {"--dataset", "digits", "--sparsity", "topk:8"}));
  ASSERT_EQ(result.exit_code, kDone) << result.errors;
  const auto card = *ExportedModel::load(folder / "run/best.pt").card();
  EXPECT_EQ(card.options.find<std::string>("code_activation"), "linear");
  EXPECT_EQ(card.options.loss(), "mse");
  EXPECT_EQ(card.options.output_activation(), "linear");
  expect_contains(sparse({"--sparsity", "topk:8", "--help"}).output, {"--sparsity topk:8"});
  // What is said aloud is not changed, but refused where it cannot work.
  expect_error(sparse({"--sparsity", "topk:8", "--loss", "mae"}), kWrongUsage,
               {"--sparsity topk:8", "--loss mse", "'mae'"});
  expect_error(sparse({"--sparsity", "topk:8", "--widths", "32,16"}), kWrongUsage,
               {"--widths", "1 hidden layers"});
  expect_error(sparse({"--sparsity", "topk"}), kWrongUsage, {"--sparsity", "topk:K"});
  expect_contains(sparse({"--help"}).output, {"--code-activation", "relu"});
}

TEST(TrainerProgram, MonitorsWhatItIsTold) {
  const TemporaryFolder folder;
  const auto result = train(small_run(folder / "run", {"--monitor", "train_reconstruction"}));
  EXPECT_EQ(result.exit_code, kDone) << result.errors;
  expect_error(train(small_run(folder / "x", {"--monitor", "loss"})), kWrongUsage,
               {"--monitor", "train_loss"});
}

TEST(TrainerProgram, WrongUsageEndsWithCodeTwo) {
  expect_error(train({"--epoch", "3"}), kWrongUsage, {"'--epoch'", "did you mean '--epochs'"});
  expect_error(train({"--epochs", "0"}), kWrongUsage, {"--epochs", "at least 1", "'0'"});
  expect_error(train({"--epochs", "3", "--epochs", "4"}), kWrongUsage, {"more than once"});
  expect_error(train({"--recipe", "mnist-2d-rely"}), kWrongUsage, {"mnist-2d-relu"});
  expect_error(train({"--dataset", "mnits"}), kWrongUsage, {"mnist"});
  expect_error(train({"--loss", "bce", "--output-activation", "relu"}), kWrongUsage,
               {"sigmoid", "'relu'"});
  expect_error(train({"--momentum", "0.9"}), kWrongUsage, {"--momentum", "sgd"});
  expect_error(train({"--device", "gpu"}), kWrongUsage, {"--device", "'gpu'"});
  expect_error(train({"stray"}), kWrongUsage, {"'stray'"});
}

/// What a trainer says of its command line, named as in the library; "" where it takes it.
std::string complaint_of(const std::string& variant, const Arguments& arguments) {
  std::vector<const char*> words = {"trainer"};
  for (const auto& argument : arguments) words.push_back(argument.c_str());
  try {
    parse_trainer_line(variant, static_cast<int>(words.size()), words.data());
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

/// An option, what it needs, and what leaves it without effect.
struct DependentOption {
  std::string variant;
  Arguments option, needed, useless;
  std::string expected;  ///< of the complaint
};

std::vector<DependentOption> dependent_options() {
  const std::string sparsity = "--sparsity", top = "topk:8", batch = "batch-topk:8";
  std::vector<DependentOption> all = {
      {"one_class", {"--nu", "0.2"}, {"--boundary", "soft"}, {}, "`boundary` soft"},
      {"one_class", {"--radius-warmup", "3"}, {"--boundary", "soft"}, {}, "`boundary` soft"},
      {"one_class", {"--trim", "0.1"}, {}, {"--pretraining-epochs", "0"}, "`pretraining_epochs`"},
      {"supervised", {"--trim", "0.1"}, {}, {"--reconstruction-weight", "0.0"}, "above 0"},
      {"importance_weighted",
       {"--importance-samples", "7"},
       {"--estimator", "ciwae:0.5"},
       {"--estimator", "miwae:2,3"},
       "`estimator` iwae, dreg or ciwae:B"},
      {"dense", {"--levels", "16"}, {"--loss", "logistic"}, {"--loss", "mse"}, "`loss` logistic"},
      {"dense", {"--output-bias", "mean"}, {}, {"--init-from", "a.pt"}, "`init_from` empty"},
      {"dense", {"--noise", "once"}, {"--corruption", "mask:0.2"}, {}, "`corruption` mask:P"},
      {"denoising", {"--noise", "once"}, {}, {"--corruption", "none"}, "`corruption` mask:P"},
      {"dense", {"--label-column", "none"}, {"--dataset", "csv:a.csv"}, {}, "`dataset` csv:PATH"},
      {"dense", {"--header", "no"}, {"--dataset", "series:a.csv"}, {}, "`dataset` csv:PATH"},
      {"dense", {"--map-above", "64"}, {"--dataset", "npy:a.npy"}, {}, "`dataset` csv:PATH, npy:"},
      {"dense",
       {"--impute", "mean"},
       {"--dataset", "csv:a.csv"},
       {"--dataset", "npy:a.npy"},
       "`dataset` csv:PATH"},
      {"sparse", {"--sparsity-weight", "1"}, {sparsity, "l1"}, {sparsity, top}, "l1 or kl"},
      {"sparse", {"--target-activation", "0.1"}, {sparsity, "kl"}, {sparsity, "l1"}, " kl "},
      {"sparse", {"--dead-window", "9"}, {sparsity, "gated"}, {sparsity, "kl"}, "dictionary"},
      {"sparse", {"--no-pre-bias"}, {sparsity, top}, {sparsity, "l1"}, "dictionary"},
      {"sparse", {"--unscaled-selection"}, {sparsity, top}, {sparsity, "gated"}, "topk:K"},
      {"sparse",
       {"--prefix-auxiliary"},
       {sparsity, "matryoshka-batch-topk:8,16"},
       {sparsity, top},
       "matryoshka-batch-topk:K"},
      {"sparse", {"--threshold-rate", "0.1"}, {sparsity, batch}, {sparsity, top}, "batch-topk:K"},
      {"sparse", {"--l1-coefficient", "2"}, {sparsity, "standard"}, {sparsity, top}, "gated"},
      {"sparse", {"--l0-coefficient", "2"}, {sparsity, "jumprelu"}, {sparsity, top}, "jumprelu"},
      {"sparse", {"--coefficient-warmup", "9"}, {sparsity, "gated"}, {sparsity, batch}, "gated"},
      {"sparse",
       {sparsity, "jumprelu", "--target-l0", "5"},
       {"--jump-loss", "quadratic"},
       {},
       "`jump_loss` quadratic"},
      {"sparse",
       {sparsity, top, "--decoder-norm", "0.5"},
       {},
       {"--unit-norm-decoder"},
       "`unit_norm_decoder` false"},
  };
  for (const std::string option :
       {"--codebook-size", "--commitment", "--decay", "--reseed-below"}) {
    const Arguments given = {option, option == "--codebook-size" ? "32" : "0.5"};
    for (const std::string needed : {"ema", "learned", "residual:2"}) {
      all.push_back({"vector_quantized",
                     given,
                     {"--quantizer", needed},
                     {"--quantizer", "fsq:8,6,5"},
                     "`quantizer` ema, learned or residual:CODEBOOKS with it, found 'fsq:8,6,5'"});
    }
  }
  return all;
}

TEST(TrainerOptions, ThatDoNothingBesideTheOthersAreRefused) {
  for (const auto& one : dependent_options()) {
    const auto with = [&](Arguments others) {
      others.insert(others.end(), one.option.begin(), one.option.end());
      return complaint_of(one.variant, others);
    };
    const std::string shown = one.variant + " " + join_text(one.option, " ");
    EXPECT_EQ(with(one.needed), "") << shown;
    EXPECT_NE(with(one.useless), "") << shown;
    expect_contains(with(one.useless),
                    {": expected `", one.expected, "with it, found '", "'; leave it out"});
  }
  const TemporaryFolder folder;
  expect_error(train(small_run(folder / "run", {"--levels", "16"})), kWrongUsage,
               {"dense_autoencoder: --levels: expected --loss logistic with it, found '"});
  EXPECT_FALSE(fs::exists(folder / "run"));
}

TEST(TrainerOptions, OfRecipesAndFilesMayDoNothing) {
  // digits-vq and digits-sparse set these.
  EXPECT_EQ(complaint_of("vector_quantized", {"--recipe", "digits-vq", "--quantizer", "fsq:8,6,5"}),
            "");
  EXPECT_EQ(complaint_of("sparse", {"--recipe", "digits-sparse", "--sparsity", "topk:8"}), "");
  const TemporaryFolder folder;
  const fs::path file = testing::write_file(folder / "mine.json", R"({"levels": 16})");
  EXPECT_EQ(complaint_of("dense", {"--config", file}), "");
  EXPECT_EQ(train({"--levels", "16", "--help"}).exit_code, kDone)
      << "who asks is told, not refused";
}

TEST(TrainerOptions, OfAnotherOptimizerAreLeftOut) {
  // Dictionaries bring an epsilon of Adam's, and so do recipes.
  EXPECT_EQ(complaint_of("sparse", {"--sparsity", "topk:8", "--optimizer", "sgd"}), "");
  EXPECT_EQ(complaint_of("sparse", {"--recipe", "fashion-sparse-32", "--sparsity", "topk:8"}), "");
  EXPECT_EQ(complaint_of("dense", {"--recipe", "mnist-deep-30", "--optimizer", "rmsprop"}), "");
  expect_contains(train({"--optimizer", "sgd", "--epsilon", "1e-8", "--out", "x"}).errors,
                  {"--epsilon", "adam or adamw", "'sgd'"});
}

TEST(TrainerProgram, FailedWorkEndsWithCodeOne) {
  const TemporaryFolder folder;
  expect_error(train({"--dataset", "csv:" + (folder / "absent.csv").string()}), kFailed,
               {"absent.csv"});
  expect_error(train({"--resume", folder / "absent"}), kFailed, {"run.json"});
  expect_error(train({"--init-from", folder / "absent.pt", "--out", folder / "x"}), kFailed,
               {"absent.pt"});
  testing::write_file(folder / "wide.csv", "5,1\n-3,2\n9,1\n");
  expect_error(train({"--dataset", "csv:" + (folder / "wide.csv").string(), "--scale", "none",
                      "--validation", "none"}),
               kFailed, {"[0, 1]", "-3", "9", "--scale minmax"});
}

TEST(TrainerProgram, HelpShowsGroupsDefaultsAndExamples) {
  const auto result = train({"--help"});
  EXPECT_EQ(result.exit_code, kDone);
  expect_contains(result.output, {"Recipe", "Model", "Data", "Training", "Run", "--learning-rate",
                                  "(default:", "\nExamples\n"});
  expect_contains(train({"--list-recipes"}).output, {"digits-2d", "fashion-deep-32", "0.2775"});
}

/// Output with its lines joined, so that texts are found wherever they are wrapped.
std::string one_line(const std::string& text) {
  std::string joined;
  for (const char letter : text) {
    if (letter != '\n' && letter != ' ') {
      joined += letter;
    } else if (!joined.ends_with(' ')) {
      joined += ' ';
    }
  }
  return joined;
}

TEST(TrainerProgram, HelpShowsTheDefaultsThatWillApplyAndWhereTheyComeFrom) {
  const auto help = [](Arguments arguments) {
    arguments.emplace_back("--help");
    return one_line(train(arguments).output);
  };
  expect_contains(help({}), {"recipe digits-2d, because neither --recipe nor --dataset is given"});
  expect_contains(help({"--recipe", "fashion-32"}),
                  {"recipe fashion-32, because --recipe names it", "adam, adamw, rmsprop",
                   "default: rmsprop, by recipe fashion-32", "default: 256, by recipe fashion-32"});
  expect_contains(help({"--dataset", "csv:mine.csv", "--epochs", "7"}),
                  {"of no recipe, because --dataset is given", "now: csv:mine.csv, by this command",
                   "now: 7, by this command line", "(default: 128)"});
  // The names of an enumeration.
  expect_contains(help({}),
                  {"one of linear, relu, leaky-relu, ", "one of glorot-uniform, he-normal;"});
}

TEST(TrainerProgram, TakesOptionsFromAFile) {
  const TemporaryFolder folder;
  const fs::path file = testing::write_file(
      folder / "mine.json",
      R"({"variant": "dense", "recipe": "digits-2d", "epochs": 9, "widths": [16, 3],
          "learning-rate": 0.01, "no_figures": true})");
  // The recipe, before the file, before the flags.
  train({"--config", file, "--epochs", "2", "--out", folder / "run"});
  const auto record = read_json(folder / "run/run.json");
  EXPECT_EQ(record.at("recipe"), "digits-2d");
  EXPECT_EQ(record.at("options").at("epochs"), 2);
  EXPECT_EQ(record.at("options").at("widths"), nlohmann::json({16, 3}));
  EXPECT_EQ(record.at("options").at("code_activation"), "sigmoid");
  EXPECT_FALSE(fs::exists(folder / "run/figures"));
  const std::string help = one_line(train({"--config", file, "--help"}).output);
  expect_contains(help, {"digits-2d, because " + file.string() + " names it",
                         "default: 16,3, by " + file.string()});

  // The record of a run trains the same again.
  train({"--config", folder / "run/run.json", "--out", folder / "again", "--no-figures"});
  expect_same_run(folder / "again", folder / "run");
}

TEST(TrainerProgram, SaysWhatIsWrongInAFileOfOptions) {
  const TemporaryFolder folder;
  const auto complains = [&](const std::string& text, std::initializer_list<std::string> parts) {
    const fs::path file = testing::write_file(folder / "mine.json", text);
    const auto result = train({"--config", file, "--out", folder / "run"});
    expect_error(result, kFailed, parts);
    expect_contains(result.errors, {"mine.json"});
  };
  complains(R"({"epoch": 3})", {"unknown option 'epoch'", "did you mean 'epochs'"});
  complains(R"({"epochs": 0})", {"--epochs", "at least 1", "'0'"});
  complains(R"({"epochs": null})", {"--epochs", "null"});
  complains(R"({"out": {}})", {"--out", "an object"});
  complains(R"({"recipe": "digits-2"})", {"--recipe", "did you mean 'digits-2d'"});
  complains(R"({"recipe": 3})", {"'recipe'", "a text"});
  complains(R"({"network": "lstmm"})", {"--network", "did you mean 'lstm'"});
  complains(R"({"bidirectional": true})", {"an option of --network lstm", "found --network dense"});
  complains(R"({"variant": "sparse"})", {"a dense autoencoder", "'sparse'"});
  complains(R"({"resume": "x"})", {"'resume'", "on the command line"});
  complains(R"({"learning-rate": 1, "learning_rate": 2})", {"once"});
  complains("[3]", {"an object of options"});
  complains("{epochs: 3}", {"JSON", "byte 2"});
  expect_error(train({"--config", folder / "absent.json"}), kFailed, {"absent.json"});
}

TEST(TrainerProgram, TrainsOnAUsersOwnTable) {
  const TemporaryFolder folder;
  std::string csv = "height;weight;kind\n";
  for (int i = 0; i < 40; ++i) {
    csv +=
        std::to_string(i % 7) + ";" + std::to_string(i % 5 * 100) + (i % 2 ? ";cat\n" : ";dog\n");
  }
  testing::write_file(folder / "pets.csv", csv);
  const auto result = train({"--dataset", "csv:" + (folder / "pets.csv").string(), "--widths",
                             "8,1", "--epochs", "3", "--out", folder / "run"});
  EXPECT_EQ(result.exit_code, kDone) << result.errors;
  const auto record = read_json(folder / "run/run.json");
  EXPECT_EQ(record.at("data").at("training_rows"), 36);  // split:0.1 for a user's own file
  EXPECT_EQ(record.at("data").at("validation_rows"), 4);
  EXPECT_EQ(record.at("data").at("class_names"), nlohmann::json({"cat", "dog"}));
  EXPECT_EQ(record.at("recipe"), "");
}

TEST(Trainer, PicturesLookAsAskedForWithoutChangingTheRun) {
  if (!figures::figures_available()) GTEST_SKIP() << "built without figures";
  const TemporaryFolder folder;
  const auto with_pictures = [&](const std::string& name, const Arguments& more) {
    Arguments arguments = small_run(folder / name, {"--widths", "8,2"});
    std::erase(arguments, "--no-figures");
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = train(arguments);
    EXPECT_EQ(result.exit_code, kDone) << result.errors;
  };
  with_pictures("plain", {});
  with_pictures("look", {"--color-map", "viridis", "--point-size", "9", "--opacity", "1", "--items",
                         "5,7", "--manifold-downward"});
  expect_same_run(folder / "plain", folder / "look");
  EXPECT_EQ(read_json(folder / "plain/run.json")["options"],
            read_json(folder / "look/run.json")["options"]);
  for (const std::string picture : {"latent_scatter", "reconstructions", "manifold"}) {
    EXPECT_NE(read_file(folder / "plain/figures" / (picture + ".png")),
              read_file(folder / "look/figures" / (picture + ".png")))
        << picture;
  }
  const ProgramResult resumed =
      train({"--resume", folder / "plain", "--epochs", "7", "--color-map", "magma", "--quiet"});
  EXPECT_EQ(resumed.exit_code, kDone) << resumed.errors;
}

TEST(Trainer, RefusesItemsThatAreNotThereBeforeTraining) {
  const TemporaryFolder folder;
  expect_error(train(small_run(folder / "run", {"--items", "0,1797"})), kWrongUsage,
               {"--items", "below 1797", "training rows", "found 1797"});
  EXPECT_FALSE(fs::exists(folder / "run/metrics.csv"));
}

}  // namespace
}  // namespace hourglass::cli
