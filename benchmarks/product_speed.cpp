// GFLOP/s of matrix products on one thread: our kernels' and those of LibTorch's BLAS, for the shapes that the recipes
// have when two threads share a batch. A line of JSON each.
//
//   product_speed

#include "hourglass/cli/program.h"
#include "hourglass/kernels/matrix_product.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace hourglass::benchmarks {

using namespace kernels;

namespace {

struct Product {
  std::string name;
  ProductSize size;
  Left lies = Left::Rows;
};

/// Forward, the input's gradient and the weights' of a dense layer.
void add_layer(std::vector<Product>& all, const std::string& recipe, int64_t items, int64_t inputs,
               int64_t outputs) {
  const std::string name = fmt::format("{} {}-{}", recipe, inputs, outputs);
  all.push_back({name + " forward", {items, outputs, inputs}});
  all.push_back({name + " to input", {items, inputs, outputs}});
  all.push_back({name + " to weights", {inputs, outputs, items}, Left::Columns});
}

std::vector<Product> products() {
  std::vector<Product> all;
  add_layer(all, "mnist-50", 64, 784, 50);
  add_layer(all, "mnist-50", 64, 50, 784);
  add_layer(all, "fashion-32", 128, 784, 32);
  add_layer(all, "fashion-32", 128, 32, 784);
  add_layer(all, "fashion-deep-32", 128, 784, 128);
  add_layer(all, "fashion-deep-32", 128, 128, 784);
  add_layer(all, "fashion-vae-2d", 64, 784, 256);
  add_layer(all, "fashion-vae-2d", 64, 256, 784);
  add_layer(all, "mnist-2d-linear", 32, 784, 100);
  all.push_back({"inference 784-256", {512, 256, 784}});
  return all;
}

/// Seconds a call, the shortest of several measurements.
double seconds_of(const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  work();
  double shortest = 1;
  for (int repeat = 0; repeat < 7; ++repeat) {
    const auto begin = Clock::now();
    int calls = 0;
    for (; since(begin) < 0.02; ++calls) work();
    shortest = std::min(shortest, since(begin) / calls);
  }
  return shortest;
}

void time_product(const Product& product) {
  const auto& [rows, columns, inner] = product.size;
  const bool transposed = product.lies == Left::Columns;
  const int64_t left_stride = padded(transposed ? rows : inner), stride = padded(columns);
  const at::Tensor left = at::rand({transposed ? inner : rows, left_stride});
  const at::Tensor right = at::rand({inner, stride}), result = at::empty({rows, stride});
  const double ours = seconds_of([&] {
    multiply(product.size, {left.data_ptr<float>(), left_stride, product.lies},
             {right.data_ptr<float>(), stride}, {result.data_ptr<float>(), stride});
  });
  const at::Tensor first = transposed ? left.narrow(1, 0, rows).t() : left.narrow(1, 0, inner);
  const at::Tensor second = right.narrow(1, 0, columns).contiguous();
  at::Tensor theirs_result = at::empty({rows, columns});
  const double theirs = seconds_of([&] { at::mm_out(theirs_result, first, second); });
  const double giga = 2e-9 * static_cast<double>(rows * columns * inner);
  const nlohmann::ordered_json line = {{"product", product.name}, {"rows", rows},
                                       {"columns", columns},      {"inner", inner},
                                       {"gflops", giga / ours},   {"blas_gflops", giga / theirs}};
  fmt::print("{}\n", line.dump());
}

int run() {
  at::set_num_threads(1);
  for (const auto& product : products()) time_product(product);
  return cli::kDone;
}

}  // namespace
}  // namespace hourglass::benchmarks

int main() {
  return hourglass::cli::run_program("product_speed", [] { return hourglass::benchmarks::run(); });
}
