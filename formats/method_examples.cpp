#include "hourglass/formats/method_examples.h"

#include "hourglass/core/error.h"
#include "hourglass/core/shape.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace hourglass::formats {
namespace {

// Neither of those that a graph is built for.
constexpr int64_t kComparedBatch = 5;

// A small value may be the difference of large ones: what rounding leaves of them goes by the
// largest.
double tolerance(const at::Tensor& expected) {
  const double largest = expected.numel() == 0 ? 0 : expected.abs().max().item<double>();
  return std::max(1e-6, 1e-5 * largest);
}

bool is_close(const at::Tensor& found, const at::Tensor& expected) {
  if (found.sizes() != expected.sizes()) return false;
  const at::Tensor plain = expected.to(at::kFloat);
  return at::allclose(found.to(at::kFloat), plain, 1e-5, tolerance(plain));
}

std::string difference_text(const at::Tensor& found, const at::Tensor& expected) {
  if (found.sizes() != expected.sizes() || found.numel() == 0) return " of another shape";
  const at::Tensor plain = expected.to(at::kFloat);
  return fmt::format(", by {:.3g} at most where values reach {:.3g}",
                     (found.to(at::kFloat) - plain).abs().max().item<double>(),
                     plain.abs().max().item<double>());
}

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
  for (size_t i = 0; i < expected.size(); ++i) {
    if (i < found.size() && is_close(found[i], expected[i])) continue;
    throw Error(
        "{}: expected the same results as the model's at another batch size, found others{}",
        graph.method, i < found.size() ? difference_text(found[i], expected[i]) : "");
  }
}

}  // namespace hourglass::formats
