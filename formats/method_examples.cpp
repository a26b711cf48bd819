#include "hourglass/formats/method_examples.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hourglass::formats {
namespace {

// Neither of those that a graph is built for.
constexpr int64_t kComparedBatch = 5;

}  // namespace

at::Tensor example(const models::TensorMethod::Argument& argument, int64_t batch) {
  const Shape sizes = with_batch(batch, argument.item_shape);
  if (argument.is_bytes) return at::randint(256, sizes, at::kByte);
  return argument.below > 0 ? at::randint(argument.below, sizes, at::kLong) : at::rand(sizes);
}

std::vector<at::Tensor> examples(const models::TensorMethod& method, int64_t batch) {
  std::vector<at::Tensor> items;
  for (const auto& argument : method.arguments) items.push_back(example(argument, batch));
  return items;
}

void expect_same_results(const Graph& graph, const models::TensorMethod& method) {
  const at::NoGradGuard no_grad;
  const auto inputs = examples(method, kComparedBatch);
  const auto found = run_graph(graph, inputs), expected = method.run(inputs);
  // A small value may be the difference of large ones: what rounding leaves of them goes by the largest.
  const auto is_close = [](const at::Tensor& a, const at::Tensor& b) {
    if (a.sizes() != b.sizes()) return false;
    const at::Tensor plain = b.to(at::kFloat);
    const double largest = plain.numel() == 0 ? 0 : plain.abs().max().item<double>();
    return at::allclose(a.to(at::kFloat), plain, 1e-5, 1e-6 * std::max(1.0, largest));
  };
  if (!std::equal(found.begin(), found.end(), expected.begin(), expected.end(), is_close)) {
    throw Error("{}: expected the same results as the model's at another batch size, found others",
                graph.method);
  }
}

}  // namespace hourglass::formats
