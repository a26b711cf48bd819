#include "hourglass/models/whole_batch.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace hourglass::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A copy that is no view, summed over the processes.
at::Tensor summed(const at::Tensor& values, const Processes& processes) {
  at::Tensor sum = values.detach().clone(at::MemoryFormat::Contiguous);
  processes.sum(sum);
  return sum;
}

/// What is saved between a forward and a backward pass is tensors and numbers.
void save(AutogradContext* context, const Processes* processes) {
  context->saved_data["processes"] = reinterpret_cast<int64_t>(processes);
}

const Processes& saved_processes(AutogradContext* context) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  return *reinterpret_cast<const Processes*>(context->saved_data["processes"].toInt());
}

struct SumOfAll : torch::autograd::Function<SumOfAll> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& values,
                            const Processes* processes) {
    save(context, processes);
    return summed(values, *processes);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {summed(gradients.front(), saved_processes(context)), {}};
  }
};

struct RowsOfAll : torch::autograd::Function<RowsOfAll> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& rows,
                            const Processes* processes) {
    save(context, processes);
    const auto [all, first] = processes->gather(rows.detach().contiguous());
    context->saved_data["first"] = first;
    context->saved_data["count"] = rows.size(0);
    return all;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor all = summed(gradients.front(), saved_processes(context));
    return {
        all.narrow(0, context->saved_data["first"].toInt(), context->saved_data["count"].toInt()),
        {}};
  }
};

}  // namespace

at::Tensor sum_of_all(const at::Tensor& values, const Processes& processes) {
  return processes.alone() ? values : SumOfAll::apply(values, &processes);
}

at::Tensor mean_of_all(const at::Tensor& rows, double share, const Processes& processes) {
  const at::Tensor mean = rows.mean(0);
  return processes.alone() ? mean : sum_of_all(mean * share, processes);
}

at::Tensor rows_of_all(const at::Tensor& rows, const Processes& processes) {
  return processes.alone() ? rows : RowsOfAll::apply(rows, &processes);
}

}  // namespace hourglass::models
