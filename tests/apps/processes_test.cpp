#include "hourglass/core/files.h"
#include "hourglass/recipes/variant.h"
#include "hourglass/runs/metrics_file.h"
#include "hourglass/runs/state_file.h"
#include "hourglass/tests/support/program.h"
#include "hourglass/tests/support/support.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

// Trainers as several processes, started by hand as torchrun starts them.

namespace hourglass {
namespace {

namespace fs = std::filesystem;
using runs::read_metrics;
using testing::expect_contains;
using testing::ProgramResult;
using testing::RunningProgram;
using testing::TemporaryFolder;
using testing::wait_until;
using Arguments = std::vector<std::string>;

/// A port that nobody listens on.
int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(socket, plain, size), 0);
  EXPECT_EQ(::getsockname(socket, plain, &size), 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

/// The processes of one run.
class Group {
 public:
  Group(const std::string& program, const Arguments& arguments, int count = 2) {
    start(program, std::vector<Arguments>(static_cast<size_t>(count), arguments));
  }

  /// Two, of which the second has further arguments.
  Group(const std::string& program, const Arguments& arguments, const Arguments& of_the_second) {
    Arguments all = arguments;
    all.insert(all.end(), of_the_second.begin(), of_the_second.end());
    start(program, {arguments, all});
  }

  RunningProgram& operator[](size_t rank) { return *processes_[rank]; }

  std::vector<ProgramResult> wait() {
    std::vector<ProgramResult> results;
    for (auto& process : processes_) results.push_back(process->wait());
    return results;
  }

 private:
  std::vector<std::unique_ptr<RunningProgram>> processes_;

  void start(const std::string& program, const std::vector<Arguments>& arguments) {
    const std::string port = std::to_string(free_port()), count = std::to_string(arguments.size());
    for (size_t rank = 0; rank < arguments.size(); ++rank) {
      const std::vector<std::string> environment = {
          "RANK=" + std::to_string(rank), "WORLD_SIZE=" + count, "LOCAL_WORLD_SIZE=" + count,
          "MASTER_ADDR=127.0.0.1", "MASTER_PORT=" + port};
      processes_.push_back(std::make_unique<RunningProgram>(program, arguments[rank], environment));
    }
  }
};

void expect_success(const std::vector<ProgramResult>& results) {
  for (const auto& result : results) EXPECT_EQ(result.exit_code, 0) << result.errors;
}

/// A hundred steps, or 25 an epoch.
Arguments short_run(const fs::path& folder, const Arguments& more = {}, int epochs = 4) {
  Arguments arguments = {
      "--out",        folder,      "--epochs", std::to_string(epochs), "--steps-per-epoch", "25",
      "--no-figures", "--threads", "1",        "--validation",         "split:0.2"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// The loss of each epoch to 1e-5. Rounding grows faster in what is not minimised (single terms,
/// other rows): that agrees to 2e-3.
void expect_same_numbers(const fs::path& a, const fs::path& b) {
  const auto left = read_metrics(a / "metrics.csv"), right = read_metrics(b / "metrics.csv");
  ASSERT_EQ(left.names, right.names);
  for (const auto& name : left.names) {
    if (name == "seconds") continue;
    ASSERT_EQ(left.column(name).size(), right.column(name).size()) << name;
    for (size_t epoch = 0; epoch < left.column(name).size(); ++epoch) {
      const double x = left.column(name)[epoch], y = right.column(name)[epoch];
      if (std::isnan(x) && std::isnan(y)) continue;
      EXPECT_NEAR(x, y, (name == "train_loss" ? 1e-5 : 2e-3) * std::max(1.0, std::abs(x)))
          << name << ", epoch " << epoch + 1;
    }
  }
}

void expect_same_bits(const fs::path& a, const fs::path& b) {
  EXPECT_EQ(read_file(a / "last.safetensors"), read_file(b / "last.safetensors"));
}

struct Case {
  std::string name, program;
  Arguments options = {};
  int epochs = 4;
};

/// Every objective, and what takes something from a batch as a whole besides.
std::vector<Case> cases() {
  std::vector<Case> cases;
  for (const auto& variant : recipes::variants()) {
    cases.push_back({variant.name, variant.name + "_autoencoder"});
    // Batch norm and maxima make more of rounding with every step: two engines in one process, too,
    // agree to three digits after a hundred steps of the usual size.
    if (variant.name == "convolutional" || variant.name == "denoising") {
      cases.back().options = {"--learning-rate", "1e-5"};
    }
    if (variant.name == "one_class") cases.back().options = {"--pretraining-epochs", "1"};
  }
  cases.push_back(
      {"sparse_kl",
       "sparse_autoencoder",
       {"--sparsity", "kl", "--code-activation", "sigmoid", "--sparsity-weight", "0.1"}});
  for (const std::string sparsity :
       {"topk:4", "batch-topk:4", "matryoshka-batch-topk:4,8", "jumprelu", "gated", "standard"}) {
    std::string name = "dictionary_" + sparsity.substr(0, sparsity.find(':'));
    std::replace(name.begin(), name.end(), '-', '_');
    // Units that fall silent soon, for the loss that wakes them.
    cases.push_back({name,
                     "sparse_autoencoder",
                     {"--sparsity", sparsity, "--widths", "32", "--dead-window", "5"}});
  }
  // Which vector is nearest is decided by rounding now and then: small steps, few such decisions; and
  // where idle vectors are put on rows, fewer of them.
  for (const std::string quantizer : {"learned", "fsq:8,6,5", "residual:3"}) {
    cases.push_back({"quantizer_" + quantizer.substr(0, quantizer.find(':')),
                     "vector_quantized_autoencoder",
                     {"--quantizer", quantizer, "--learning-rate", "1e-4"},
                     quantizer == "learned" ? 1 : 4});
  }
  cases.push_back({"flow_two_layers",
                   "variational_autoencoder",
                   {"--posterior", "iaf:2", "--prior", "layer:8,4", "--widths", "32,4"}});
  cases.push_back({"learned_prior", "conditional_autoencoder", {"--prior", "learned"}});
  cases.push_back({"dropout", "dense_autoencoder", {"--unit-length", "--input-dropout", "0.3"}});
  cases.push_back({"gradient_penalty",
                   "regularized_autoencoder",
                   {"--decoder-regularization", "gradient-penalty"}});
  cases.push_back({"soft_boundary",
                   "one_class_autoencoder",
                   {"--boundary", "soft", "--pretraining-epochs", "1", "--radius-warmup", "0"}});
  cases.push_back(
      {"autograd", "dense_autoencoder", {"--engine", "autograd", "--clip-norm", "0.1"}});
  cases.push_back({"clipped", "dense_autoencoder", {"--clip-norm", "0.1", "--batch-size", "33"}});
  return cases;
}

class SeveralProcesses : public ::testing::TestWithParam<Case> {};

TEST_P(SeveralProcesses, GiveTheNumbersOfOne) {
  const TemporaryFolder folder;
  const auto& [name, program, options, epochs] = GetParam();
  EXPECT_EQ(testing::run(program, short_run(folder / "one", options, epochs)).exit_code, 0);
  Group two(program, short_run(folder / "two", options, epochs));
  expect_success(two.wait());
  expect_same_numbers(folder / "one", folder / "two");
}

INSTANTIATE_TEST_SUITE_P(Programs, SeveralProcesses, ::testing::ValuesIn(cases()),
                         [](const auto& of) { return of.param.name; });

TEST(Processes, ThreeShareBatchesThatDoNotDivide) {
  const TemporaryFolder folder;
  EXPECT_EQ(testing::run("dense_autoencoder", short_run(folder / "one")).exit_code, 0);
  Group three("dense_autoencoder", short_run(folder / "three"), 3);
  const auto results = three.wait();
  expect_success(results);
  expect_contains(results[0].output, {"3 processes of 1 thread"});
  EXPECT_EQ(results[1].output, "");
  expect_same_numbers(folder / "one", folder / "three");
}

/// Runs of a thousand epochs, which no test waits for.
Arguments long_run(const fs::path& folder) {
  return {"--out", folder,         "--epochs",  "1000", "--checkpoint-interval",
          "0.05",  "--no-figures", "--threads", "1"};
}

TEST(Processes, OneThatDiesEndsTheRunWithALineAndAState) {
  const TemporaryFolder folder;
  Group group("dense_autoencoder", long_run(folder / "run"));
  wait_until([&] { return fs::exists(folder / "run/last.safetensors") || !group[0].running(); });
  group[0].send(SIGPIPE);
  group[1].send(SIGKILL);
  const ProgramResult first = group[0].wait();
  EXPECT_EQ(first.exit_code, 1);
  EXPECT_EQ(std::count(first.errors.begin(), first.errors.end(), '\n'), 1) << first.errors;
  expect_contains(first.errors, {"process 0 of 2", "another process", "--resume"});

  const auto epochs =
      std::to_string(runs::load_state(folder / "run/last.safetensors").cursor.epoch + 2);
  const auto alone = testing::run("dense_autoencoder",
                                  {"--resume", folder / "run", "--epochs", epochs, "--no-figures"});
  EXPECT_EQ(alone.exit_code, 0) << alone.errors;
  expect_contains(alone.output, {"another number of processes, 1 after 2"});
}

TEST(Processes, AllKilledAndResumedEndWithTheSameBits) {
  const TemporaryFolder folder;
  const auto arguments = [&](const char* name) {
    return Arguments{"--out", folder / name,  "--epochs", "12",           "--checkpoint-interval",
                     "0.01",  "--batch-size", "32",       "--no-figures", "--threads",
                     "1"};
  };
  Group whole("dense_autoencoder", arguments("whole"));
  expect_success(whole.wait());
  {
    Group killed("dense_autoencoder", arguments("killed"));
    wait_until(
        [&] { return fs::exists(folder / "killed/last.safetensors") || !killed[0].running(); });
    killed[0].send(SIGKILL);
    killed[1].send(SIGKILL);
    killed.wait();
  }
  Group resumed("dense_autoencoder", Arguments{"--resume", folder / "killed", "--no-figures"});
  expect_success(resumed.wait());
  expect_same_bits(folder / "killed", folder / "whole");
}

TEST(Processes, StopTogetherWhenOneIsInterrupted) {
  const TemporaryFolder folder;
  Group group("dense_autoencoder", long_run(folder / "run"));
  wait_until([&] { return fs::exists(folder / "run/last.safetensors") || !group[0].running(); });
  group[1].send(SIGINT);
  const auto results = group.wait();
  EXPECT_EQ(results[0].exit_code, 130) << results[0].errors;
  EXPECT_EQ(results[1].exit_code, 130) << results[1].errors;
  expect_contains(results[0].errors, {"interrupted after", "--resume"});
  EXPECT_EQ(results[1].errors, "");
}

TEST(Processes, OfOtherOptionsDoNotTrainTogether) {
  const TemporaryFolder folder;
  Group group("dense_autoencoder", short_run(folder / "run"), Arguments{"--clip-norm", "0.5"});
  for (const auto& result : group.wait()) {
    EXPECT_EQ(result.exit_code, 1);
    expect_contains(result.errors, {"process 1 of 2", "options of process 0"});
  }
  EXPECT_FALSE(fs::exists(folder / "run"));
}

TEST(Processes, NeedAnItemEachInEveryBatch) {
  const TemporaryFolder folder;
  // 1,797 rows in batches of 4: the last has one.
  Group group("dense_autoencoder", Arguments{"--out", folder / "run", "--batch-size", "4",
                                             "--epochs", "1", "--no-figures"});
  for (const auto& result : group.wait()) {
    EXPECT_EQ(result.exit_code, 1);
    expect_contains(result.errors, {"--batch-size", "2 processes", "found one of 1"});
  }
}

TEST(Processes, SayATypingErrorOnce) {
  Group group("dense_autoencoder", Arguments{"--epoch", "3"});
  const auto results = group.wait();
  EXPECT_EQ(results[0].exit_code, 2);
  EXPECT_EQ(results[1].exit_code, 2);
  expect_contains(results[0].errors, {"--epochs"});
  EXPECT_EQ(results[1].errors, "");
}

}  // namespace
}  // namespace hourglass
