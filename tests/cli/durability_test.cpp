// What keeps a run's folder whole: two processes, damaged files, closed streams, signals.

#include "hourglass/cli/program.h"
#include "hourglass/core/text.h"
#include "hourglass/runs/state_file.h"
#include "hourglass/tests/cli/trainer_runs.h"

#include <csignal>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hourglass::cli {

using namespace runs;

namespace {

Arguments long_run(const fs::path& folder, const Arguments& more = {}) {
  Arguments arguments = small_run(folder, more);
  arguments[3] = "100000";
  return arguments;
}

void wait_for_state(const fs::path& folder, RunningProgram& program) {
  wait_until([&] { return fs::exists(folder / kState) || !program.running(); });
}

TEST(RunFolder, ASecondProcessIsRefusedUntilTheFirstEnds) {
  const TemporaryFolder folder;
  RunningProgram first("dense_autoencoder",
                       long_run(folder / "run", {"--checkpoint-interval", "0"}));
  wait_for_state(folder / "run", first);
  expect_error(train({"--resume", folder / "run"}), kFailed,
               {"run: expected a folder that nobody writes", "at work in it"});
  EXPECT_TRUE(first.running());
  first.send(SIGKILL);
  first.wait();
  // The crash leaves no lock behind.
  const auto epochs = std::to_string(load_state(folder / "run" / kState).cursor.epoch + 1);
  EXPECT_EQ(train({"--resume", folder / "run", "--epochs", epochs, "--no-figures"}).exit_code,
            kDone);
}

TEST(RunFolder, OfTwoThatBeginInItOneIsRefused) {
  const TemporaryFolder folder;
  RunningProgram a("dense_autoencoder", long_run(folder / "run"));
  RunningProgram b("dense_autoencoder", long_run(folder / "run"));
  wait_until([&] { return !a.running() || !b.running(); });
  EXPECT_NE(a.running(), b.running());
  const auto refused = a.running() ? b.wait() : a.wait();
  EXPECT_EQ(refused.exit_code, kFailed);
  expect_contains(refused.errors, {"run: "});
}

/// A run that goes on after damage ends as one that nothing happened to.
TEST(RunFolder, ADamagedStateIsReplacedByTheOneBefore) {
  const TemporaryFolder folder;
  const Arguments always = {"--checkpoint-interval", "0"};
  train(small_run(folder / "whole", always));
  Arguments half = always;
  half.insert(half.end(), {"--stop-after", "4"});
  train(small_run(folder / "run", half));
  const std::string bytes = read_file(folder / "run" / kState);
  testing::write_file(folder / "run" / kState, bytes.substr(0, bytes.size() / 2));
  const auto resumed = train({"--resume", folder / "run", "--no-figures"});
  EXPECT_EQ(resumed.exit_code, kDone) << resumed.errors;
  expect_contains(resumed.output, {"note", kState, "the checkpoint before, of epoch 3"});
  expect_same_run(folder / "run", folder / "whole");
  EXPECT_EQ(read_file(folder / "run/best.pt"), read_file(folder / "whole/best.pt"));
}

TEST(RunFolder, AResumedRunWritesWhatWasAskedForAtFirst) {
  const TemporaryFolder folder;
  const Arguments parts = {"--save-parts", "safetensors", "--export", "onnx"};
  train(small_run(folder / "whole", parts));
  Arguments half = parts;
  half.insert(half.end(), {"--stop-after", "2"});
  train(small_run(folder / "run", half));
  train({"--resume", folder / "run", "--no-figures"});
  for (const char* name : {"best.safetensors", "card.json", "best.onnx"}) {
    EXPECT_EQ(read_file(folder / "run" / name), read_file(folder / "whole" / name)) << name;
  }
}

TEST(RunFolder, LeftoversOfAKilledProcessGoAtTheNextStart) {
  const TemporaryFolder folder;
  train(small_run(folder / "run", {"--stop-after", "2"}));
  testing::write_file(folder / "run/.best.0123456789abcdef.tmp.pt", "half");
  train({"--resume", folder / "run", "--no-figures"});
  EXPECT_FALSE(fs::exists(folder / "run/.best.0123456789abcdef.tmp.pt"));
}

/// Trains as a shell does it that closes standard streams.
int exit_code_with_closed(const std::string& streams, const Arguments& arguments) {
  Arguments words = {"-c", "exec \"$0\" \"$@\"" + streams,
                     testing::program_path("dense_autoencoder")};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return testing::run("/bin/sh", words).exit_code;
}

TEST(RunFolder, ClosedStandardStreamsGetNoFileOfTheRun) {
  const TemporaryFolder folder;
  train(small_run(folder / "whole"));
  for (const std::string streams : {" >&-", " >&- 2>&-", " <&- >&- 2>&-"}) {
    fs::remove_all(folder / "run");
    EXPECT_EQ(exit_code_with_closed(streams, small_run(folder / "run")), kDone) << streams;
    expect_same_run(folder / "run", folder / "whole");
  }
}

TEST(RunFolder, SignalsOfAnEndEndARunAsCtrlCDoes) {
  for (const int signal : {SIGHUP, SIGTERM}) {
    SCOPED_TRACE(signal);
    const TemporaryFolder folder;
    RunningProgram program("dense_autoencoder",
                           long_run(folder / "run", {"--checkpoint-interval", "0"}));
    wait_for_state(folder / "run", program);
    program.send(signal);
    expect_error(program.wait(), kInterrupted, {"interrupted after ", "--resume"});
  }
}

/// Where writing to the terminal fails, too, once it is gone.
TEST(RunFolder, ATerminalThatClosesEndsARunAsCtrlCDoes) {
  const TemporaryFolder folder;
  const std::string program = testing::program_path("dense_autoencoder"), run = folder / "run";
  int terminal = -1;
  const pid_t process = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (process == 0) {
    testing::take_usual_signals();
    ::execl(program.c_str(), program.c_str(), "--epochs", "100000", "--threads", "1", "--out",
            run.c_str(), "--checkpoint-interval", "0.05", nullptr);
    ::_exit(127);
  }
  char bytes[4096];
  while (::read(terminal, bytes, sizeof bytes) > 0 && !fs::exists(folder / "run" / kState)) {
  }
  ::close(terminal);
  int status = 0;
  ASSERT_EQ(::waitpid(process, &status, 0), process);
  EXPECT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(WEXITSTATUS(status), kInterrupted);
}

}  // namespace
}  // namespace hourglass::cli
