// The optimizers' passes against their formulas in double, for every instruction set.

#include "hourglass/kernels/optimizer_passes.h"

#include "hourglass/kernels/instruction_set.h"
#include "hourglass/tests/kernels/rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace hourglass::kernels {
namespace {

// A pass takes whole lines, here three of four: the last must stay as it is.
constexpr int64_t kPassSize = 3 * kLanes, kPassMemory = 4 * kLanes;

/// What belongs to one weight.
struct OfWeight {
  double weight = 0, moment = 0, square = 0, other_square = 0;
};

/// What a pass starts from, the same whenever it is made: no slot is 0.
struct PassMemory {
  Rows weights{1, kPassMemory, 1}, moments{1, kPassMemory, 2}, squares{1, kPassMemory, 3},
      other_squares{1, kPassMemory, 4};

  PassMemory() {
    for (int64_t j = 0; j < kPassMemory; ++j) {
      squares.at(0, j) *= squares.at(0, j);
      other_squares.at(0, j) *= other_squares.at(0, j);
    }
  }

  OfWeight at(int64_t j) {
    return {weights.at(0, j), moments.at(0, j), squares.at(0, j), other_squares.at(0, j)};
  }
};

/// Rounding is relative to the larger of what a number was and what it becomes, which may cancel.
void expect_pass_gives(double found, double expected, double before, bool is_taken) {
  const double tolerance = is_taken ? 1e-5 * std::max(std::abs(before), std::abs(expected)) : 0;
  EXPECT_NEAR(found, expected, tolerance);
}

/// Takes the step of `pass_of(memory)` after one shard's gradient and after the sum of two, times a
/// factor; `formula(pass, gradient, numbers)` does the same to the numbers of one weight.
template <class PassOf, class Formula>
void expect_pass(const PassOf& pass_of, const Formula& formula) {
  constexpr float kFactor = 0.75F;
  for (const int shards : {1, 2}) {
    PassMemory memory, before;
    Rows gradients(2, kPassMemory, 5);
    const auto pass = pass_of(memory);
    const GradientSum sum = {gradients.data(), gradients.stride(), shards, kFactor};
    step(kPassSize, memory.weights.data(), sum, pass);
    for (int64_t j = 0; j < kPassMemory; ++j) {
      SCOPED_TRACE(std::to_string(shards) + " shards, weight " + std::to_string(j));
      double gradient = gradients.at(0, j);
      if (shards == 2) gradient += gradients.at(1, j);
      const bool is_taken = j < kPassSize;
      const OfWeight start = before.at(j), found = memory.at(j);
      OfWeight expected = start;
      if (is_taken) formula(pass, gradient * kFactor, expected);
      expect_pass_gives(found.weight, expected.weight, start.weight, is_taken);
      expect_pass_gives(found.moment, expected.moment, start.moment, is_taken);
      expect_pass_gives(found.square, expected.square, start.square, is_taken);
      expect_pass_gives(found.other_square, expected.other_square, start.other_square, is_taken);
    }
  }
}

/// Steps are as large as weights, and what is added to roots as large as these: nothing of a formula is lost in rounding.
class OptimizerPasses : public ::testing::TestWithParam<std::string> {
 protected:
  const WithInstructionSet with_{GetParam()};
};

TEST_P(OptimizerPasses, AdamWithAndWithoutDecay) {
  for (const float keep : {1.0F, 0.875F}) {
    SCOPED_TRACE(keep);
    expect_pass(
        [&](PassMemory& memory) {
          return AdamPass{.mean = memory.moments.data(),
                          .square = memory.squares.data(),
                          .epsilon = 0.1F,
                          .step = 0.4F,
                          .root_correction = 1.5F,
                          .keep = keep};
        },
        [](const AdamPass& pass, double g, OfWeight& of) {
          of.moment = 0.9 * of.moment + (1 - 0.9) * g;
          of.square = 0.999 * of.square + (1 - 0.999) * g * g;
          const double root = std::sqrt(of.square) * pass.root_correction + pass.epsilon;
          of.weight = of.weight * pass.keep - pass.step * of.moment / root;
        });
  }
}

TEST_P(OptimizerPasses, RmsProp) {
  expect_pass(
      [](PassMemory& memory) {
        return RmsPropPass{.square = memory.squares.data(), .epsilon = 0.1F, .learning_rate = 0.4F};
      },
      [](const RmsPropPass& pass, double g, OfWeight& of) {
        of.square = 0.9 * of.square + (1 - 0.9) * g * g;
        of.weight -= pass.learning_rate * g / (std::sqrt(of.square) + pass.epsilon);
      });
}

TEST_P(OptimizerPasses, Adagrad) {
  expect_pass(
      [](PassMemory& memory) {
        return AdagradPass{
            .sum_of_squares = memory.squares.data(), .epsilon = 0.1F, .learning_rate = 0.4F};
      },
      [](const AdagradPass& pass, double g, OfWeight& of) {
        of.square += g * g;
        of.weight -= pass.learning_rate * g / (std::sqrt(of.square) + pass.epsilon);
      });
}

TEST_P(OptimizerPasses, Adadelta) {
  expect_pass(
      [](PassMemory& memory) {
        return AdadeltaPass{.square = memory.squares.data(),
                            .delta_square = memory.other_squares.data(),
                            .epsilon = 0.1F,
                            .learning_rate = 0.4F};
      },
      [](const AdadeltaPass& pass, double g, OfWeight& of) {
        of.square = 0.9 * of.square + (1 - 0.9) * g * g;
        const double delta =
            std::sqrt(of.other_square + pass.epsilon) / std::sqrt(of.square + pass.epsilon) * g;
        of.other_square = 0.9 * of.other_square + (1 - 0.9) * delta * delta;
        of.weight -= pass.learning_rate * delta;
      });
}

TEST_P(OptimizerPasses, SgdWithAndWithoutMomentum) {
  expect_pass(
      [](PassMemory&) { return SgdPass{.momentum = nullptr, .learning_rate = 0.4F}; },
      [](const SgdPass& pass, double g, OfWeight& of) { of.weight -= pass.learning_rate * g; });
  expect_pass(
      [](PassMemory& memory) {
        return SgdPass{.momentum = memory.moments.data(), .factor = 0.9F, .learning_rate = 0.4F};
      },
      [](const SgdPass& pass, double g, OfWeight& of) {
        of.moment = pass.factor * of.moment + g;
        of.weight -= pass.learning_rate * of.moment;
      });
}

TEST_P(OptimizerPasses, SquaredNormOfSeveralShards) {
  // One line, one block, and blocks with a rest.
  for (const int64_t size : {kLanes, int64_t{1024}, 2 * int64_t{1024} + 3 * kLanes}) {
    for (const int shards : {1, 2, 3}) {
      Rows gradients(3, size, 6);
      double expected = 0;
      for (int64_t j = 0; j < size; ++j) {
        double sum = 0;
        for (int64_t shard = 0; shard < shards; ++shard) sum += gradients.at(shard, j);
        expected += sum * sum;
      }
      const double found = squared_norm(
          size, {.first = gradients.data(), .distance = gradients.stride(), .count = shards});
      EXPECT_NEAR(found, expected, 1e-5 * expected) << size << " " << shards;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, OptimizerPasses, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace hourglass::kernels
