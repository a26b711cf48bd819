#include "hourglass/evaluation/layer_recorder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/runtime/interpreter.h>

#include <map>
#include <memory>
#include <optional>

namespace hourglass::evaluation {
namespace {

namespace jit = torch::jit;

/// The tensors of what a program returned: one, or those of a tuple or list.
std::vector<at::Tensor> returned_tensors(const c10::IValue& value) {
  std::vector<at::Tensor> tensors;
  if (value.isTensor()) tensors.push_back(value.toTensor());
  if (value.isTensorList()) tensors = value.toTensorVector();
  if (value.isTuple()) {
    for (const auto& element : value.toTupleRef().elements()) {
      if (element.isTensor()) tensors.push_back(element.toTensor());
    }
  }
  return tensors;
}

/// "encoder.0" for the value self.encoder.0, "" for self; none for a module that came another way.
std::optional<std::string> module_path(const jit::Value* module, const jit::Value* self) {
  std::string path;
  for (; module != self; module = module->node()->input()) {
    if (module->node()->kind() != c10::prim::GetAttr) return {};
    const std::string& name = module->node()->s(c10::attr::name);
    path.insert(0, path.empty() ? name : fmt::format("{}.", name));
  }
  return path;
}

/// A copy of a method's program in which every call of a submodule is followed by a step that
/// reports what the call returned.
class RecordingProgram {
 public:
  explicit RecordingProgram(const jit::Method& method)
      : name_(method.name()), graph_(method.graph()->copy()) {
    report_calls(graph_->block(), "");
  }
  RecordingProgram(const RecordingProgram&) = delete;  // the steps know its address
  RecordingProgram& operator=(const RecordingProgram&) = delete;

  RecordedRun run(jit::Stack stack) {
    // Interpreted as written: the optimizing executor puts several layers into one differentiable
    // block, within which there are no gradients.
    const jit::GraphOptimizerEnabledGuard not_optimized(false);
    recorded_.clear();
    calls_.clear();
    const jit::Code code(graph_, name_);
    jit::InterpreterState(code).run(stack);
    return {std::move(recorded_), returned_tensors(stack.back())};
  }

 private:
  std::string name_;
  std::shared_ptr<jit::Graph> graph_;
  std::vector<NamedTensor> recorded_;
  std::map<std::string, int> calls_;  // of each submodule so far

  void report_calls(jit::Block* block, const std::string& inside) {
    report_calls(block->nodes().front(), block->return_node(), inside);
  }

  /// From `node` up to `end`, with the branches and loops in between; all of it is the program of
  /// the submodule `inside`.
  void report_calls(jit::Node* node, const jit::Node* end, const std::string& inside) {
    while (node != end) {
      jit::Node* next = node->next();
      for (jit::Block* block : node->blocks()) report_calls(block, inside);
      if (node->kind() == c10::prim::CallMethod) report_call(node, inside);
      node = next;
    }
  }

  /// Puts the called method's program in the place of the call, and the reporting step behind it. A
  /// module's calls of its own methods (a scripted convolution has one) are no further layer.
  void report_call(jit::Node* call, const std::string& inside) {
    const auto type = call->input(0)->type()->cast<c10::ClassType>();
    const auto path = module_path(call->input(0), graph_->inputs().front());
    if (!type || !path) return;
    jit::GraphFunction& callee = jit::toGraphFunction(type->getMethod(call->s(c10::attr::name)));
    const jit::Node* before = call->prev();
    jit::Node* end = call->next();
    // The graph as it was written: the optimized one has no calls left.
    jit::Value* result = jit::inlineCallTo(call, &callee, callee.graph().get()).front();
    if (*path != inside) end = insert_report(*path, result, end);
    report_calls(before->next(), end, *path);
  }

  jit::Node* insert_report(const std::string& path, jit::Value* result, jit::Node* next) {
    auto* step = new jit::ProfileIValueOp(  // owned by the graph, as all nodes are
        graph_.get(), [this, path](jit::Stack& stack) { report(path, stack); });
    step->addInput(result);
    step->insertBefore(next);
    step->addOutput()->setType(result->type());
    result->replaceAllUsesAfterNodeWith(step, step->output());
    return step;
  }

  /// Finds the value on the stack below the number of the running frame, and leaves it there.
  void report(const std::string& path, jit::Stack& stack) {
    jit::drop(stack, 1);
    c10::IValue& value = stack.back();
    const auto tensors = returned_tensors(value);
    if (tensors.empty()) return;
    const int call = ++calls_[path];
    recorded_.push_back({call == 1 ? path : fmt::format("{} ({})", path, call), tensors.front()});
    // A layer that works in place, ReLU(inplace=True) say, would overwrite what was recorded.
    if (value.isTensor()) value = value.toTensor().clone();
  }
};

}  // namespace

RecordedRun run_recorded(const jit::Module& module, const std::string& method,
                         const std::vector<at::Tensor>& arguments) {
  const jit::Method called = module.get_method(method);
  jit::Stack stack = {module._ivalue()};
  stack.insert(stack.end(), arguments.begin(), arguments.end());
  called.function().getSchema().checkAndNormalizeInputs(stack, {});  // adds defaults
  return RecordingProgram(called).run(std::move(stack));
}

}  // namespace hourglass::evaluation
