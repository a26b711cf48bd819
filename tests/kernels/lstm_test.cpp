#include "hourglass/kernels/lstm.h"

#include "hourglass/kernels/instruction_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <vector>

namespace hourglass::kernels {
namespace {

constexpr int64_t kRows = 5, kUnits = 19, kGate = padded(kUnits);

/// Random rows of one or four gates, each padded with zeros.
class Cells {
 public:
  explicit Cells(std::mt19937& random, int64_t rows = kRows, int64_t gates = 1)
      : stride_(gates * kGate),
        data_(new (std::align_val_t(64)) float[static_cast<size_t>(rows * stride_)]()) {
    std::normal_distribution<float> normal;
    for (int64_t i = 0; i < rows * gates; ++i) {
      for (int64_t j = 0; j < kUnits; ++j) {
        data_[static_cast<size_t>(i * kGate + j)] = normal(random);
      }
    }
  }

  operator RowsOf() const { return {data_.get(), stride_}; }
  operator MutableRowsOf() { return {data_.get(), stride_}; }

  float operator()(int64_t row, int64_t unit, int64_t gate = 0) const {
    return data_[static_cast<size_t>(row * stride_ + gate * kGate + unit)];
  }
  double padding() const {
    double sum = 0;
    for (int64_t i = 0; i < kRows * stride_ / kGate; ++i) {
      for (int64_t j = kUnits; j < kGate; ++j) {
        sum += std::abs(data_[static_cast<size_t>(i * kGate + j)]);
      }
    }
    return sum;
  }

 private:
  struct Free {
    void operator()(float* data) const { ::operator delete[](data, std::align_val_t(64)); }
  };
  int64_t stride_;
  std::unique_ptr<float[], Free> data_;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

void expect_close(double value, double expected) {
  EXPECT_NEAR(value, expected, 1e-6 * std::max(1.0, std::abs(expected)));
}

/// With each instruction set of this machine.
class LstmKernel : public ::testing::TestWithParam<std::string> {
 protected:
  std::mt19937 random_{1};

 private:
  const WithInstructionSet instructions_{GetParam()};
};

TEST_P(LstmKernel, ForwardFollowsTheFormula) {
  const Cells sums(random_, kRows, 4), bias(random_, 1, 4), before(random_);
  std::mt19937 again(1);
  Cells gates(again, kRows, 4);
  Cells cell(random_), tanh(random_), hidden(random_);
  lstm_forward({kRows, kUnits}, {.gates = gates,
                                 .offsets = {RowsOf(bias).data, 0},
                                 .cell_before = before,
                                 .cell = cell,
                                 .cell_tanh = tanh,
                                 .hidden = hidden});
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t j = 0; j < kUnits; ++j) {
      const auto sum = [&](int64_t gate) { return double{sums(i, j, gate)} + bias(0, j, gate); };
      const double expected = sigmoid(sum(1)) * before(i, j) + sigmoid(sum(0)) * std::tanh(sum(2));
      expect_close(gates(i, j, 0), sigmoid(sum(0)));
      expect_close(gates(i, j, 1), sigmoid(sum(1)));
      expect_close(gates(i, j, 2), std::tanh(sum(2)));
      expect_close(gates(i, j, 3), sigmoid(sum(3)));
      expect_close(cell(i, j), expected);
      expect_close(tanh(i, j), std::tanh(expected));
      expect_close(hidden(i, j), sigmoid(sum(3)) * std::tanh(expected));
    }
  }
}

TEST_P(LstmKernel, HiddenStatesLeaveTheirNeighboursAlone) {
  Cells gates(random_, kRows, 4), before(random_), cell(random_), tanh(random_);
  const Cells bias(random_, 1, 4);
  // Rows of two directions, side by side: not aligned.
  std::vector<float> hidden(static_cast<size_t>(2 * kUnits * kRows + kGate), 7.0F);
  lstm_forward({kRows, kUnits}, {.gates = gates,
                                 .offsets = {RowsOf(bias).data, 0},
                                 .cell_before = before,
                                 .cell = cell,
                                 .cell_tanh = tanh,
                                 .hidden = {hidden.data() + kUnits, 2 * kUnits}});
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t j = 0; j < kUnits; ++j) {
      EXPECT_EQ(hidden[static_cast<size_t>(i * 2 * kUnits + j)], 7.0F);
      EXPECT_LE(std::abs(hidden[static_cast<size_t>(i * 2 * kUnits + kUnits + j)]), 1.0F);
    }
  }
}

TEST_P(LstmKernel, BackwardFollowsTheFormula) {
  const Cells values(random_, kRows, 4), before(random_), tanh(random_), from_output(random_),
      from_hidden(random_), from_cell(random_);
  std::mt19937 again(1);
  Cells gates(again, kRows, 4), cell_gradient(random_), sums(random_, 1, 4);
  std::fill_n(MutableRowsOf(sums).data, 4 * kGate, 0.0F);
  // Of the second of two directions that lie side by side: not aligned, and nothing lies behind.
  std::vector<float> of_both(static_cast<size_t>(2 * kUnits * kRows), std::nanf(""));
  for (int64_t i = 0; i < kRows; ++i) {
    std::copy_n(RowsOf(from_output).data + i * kGate, kUnits,
                of_both.data() + (2 * i + 1) * kUnits);
  }
  lstm_backward({kRows, kUnits}, {.gates = gates,
                                  .cell_before = before,
                                  .cell_tanh = tanh,
                                  .output_gradient = {of_both.data() + kUnits, 2 * kUnits},
                                  .hidden_gradient = from_hidden,
                                  .cell_gradient = from_cell,
                                  .cell_before_gradient = cell_gradient,
                                  .gate_sums = {MutableRowsOf(sums).data, 0}});
  double total[4] = {};
  for (int64_t j = 0; j < kUnits; ++j) {
    std::fill_n(total, 4, 0.0);
    for (int64_t i = 0; i < kRows; ++i) {
      const double input = values(i, j, 0), forget = values(i, j, 1), candidate = values(i, j, 2),
                   output = values(i, j, 3), t = tanh(i, j);
      const double hidden = double{from_output(i, j)} + from_hidden(i, j);
      const double cell = hidden * output * (1 - t * t) + from_cell(i, j);
      const double expected[4] = {
          cell * candidate * input * (1 - input), cell * before(i, j) * forget * (1 - forget),
          cell * input * (1 - candidate * candidate), hidden * t * output * (1 - output)};
      expect_close(cell_gradient(i, j), cell * forget);
      for (int64_t gate = 0; gate < 4; ++gate) {
        // Random "gates" are beyond 1, and then the terms cancel.
        EXPECT_NEAR(gates(i, j, gate), expected[gate], 1e-5 * (1 + std::abs(expected[gate])));
        total[gate] += expected[gate];
      }
    }
    for (int64_t gate = 0; gate < 4; ++gate) {
      EXPECT_NEAR(sums(0, j, gate), total[gate], 1e-4 * (1 + std::abs(total[gate])));
    }
  }
  EXPECT_EQ(gates.padding(), 0);
}

INSTANTIATE_TEST_SUITE_P(Sets, LstmKernel, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& set) { return set.param; });

}  // namespace
}  // namespace hourglass::kernels
