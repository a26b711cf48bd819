#pragma once

#include "hourglass/core/batch.h"
#include "hourglass/core/named_tensor.h"
#include "hourglass/formats/card.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/inference.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace torch::jit {
struct Module;
}

namespace hourglass::formats {
struct Script;  // formats/script.h
}

namespace hourglass::evaluation {

/// A TorchScript autoencoder, ours or a third-party, ready to run. A TorchScript file is a program:
/// load only files whose origin you trust.
///
/// All methods take a batch of any size on any device, compute without gradients in batches of at
/// most `kBatch`, and return tensors on the CPU. B is the number of rows. What goes wrong inside of
/// a method (an input of the wrong shape, say) is thrown as an `Error` of one line with file,
/// method and the input's shape.
class ExportedModel {
 public:
  static constexpr int64_t kBatch = 1024;

  /// Throws `Error` when the file is missing, damaged, or not TorchScript, and when it declares
  /// contents that are larger than itself (see torchscript_archive.h).
  static ExportedModel load(const std::filesystem::path& path, at::Device device = at::kCPU);

  /// The same of a model in memory, which is no longer needed then; `path` is the file that it came
  /// from. Throws `Error` where its methods give other results at another batch size.
  static ExportedModel of(const formats::Script& script, const std::filesystem::path& path,
                          at::Device device = at::kCPU);

  /// Gives another way to compute a file's methods, or null where there is none.
  using InferenceMaker =
      std::function<std::shared_ptr<models::Inference>(const ExportedModel& model)>;

  /// From now on methods go that way where it computes them: the same, faster. It is made when a
  /// method is first called; each method is first compared with the file's program on a few rows,
  /// and left to the program where they differ.
  void compute_with(InferenceMaker maker);

  bool has_method(const std::string& name) const;
  std::vector<std::string> method_names() const;

  // A third-party method may return several tensors; these three take the first: the reconstruction,
  // or the mean of a distribution.

  // A model whose card names a condition needs one, [B, width]; others ignore it.

  /// `forward`: [B, input shape…] -> [B, target shape…]
  at::Tensor reconstruct(const at::Tensor& x, const at::Tensor& condition = {});
  /// [B, input shape…] -> [B, code shape…]
  at::Tensor encode(const at::Tensor& x, const at::Tensor& condition = {});
  /// [B, code shape…] -> [B, target shape…]; indices of a codebook may come as numbers of any type.
  at::Tensor decode(const at::Tensor& z, const at::Tensor& condition = {});

  /// Every layer's output, with the names of the card. Only files of ours have the method.
  std::vector<models::LayerOutput> layers(const at::Tensor& x, const at::Tensor& condition = {});

  /// Any method of one tensor that returns a tensor or a tuple or list of them, each [B, …]
  /// (`encode_distribution` of a variational one: mean and logarithm of the variance).
  std::vector<at::Tensor> run_method(const std::string& name, const at::Tensor& x,
                                     const at::Tensor& condition = {});

  /// The same of several tensors, each [B, …], which are all that the method takes.
  std::vector<at::Tensor> run_method(const std::string& name,
                                     const std::vector<at::Tensor>& arguments);

  /// All parameters by name, in the file's order, on the CPU: those of training, without the
  /// running averages of batch normalization.
  std::vector<NamedTensor> parameters() const;

  /// The same and the running averages.
  TensorMap tensors() const;

  /// One parameter. Throws `Error` that suggests the nearest name where there is none.
  at::Tensor parameter(const std::string& name) const;

  /// What the file says of itself; none in a third-party file.
  const std::optional<formats::ModelCard>& card() const { return card_; }

  /// Numbers that tell the model about each item; 0 where it takes none.
  int64_t condition_width() const;

  /// Shape of one input: what `set_input_shape` says, else the card; none in a third-party file.
  std::optional<Shape> input_shape() const;
  std::optional<Shape> code_shape() const;

  /// For a third-party file: what a user gives as `input_shape`.
  void set_input_shape(Shape shape) { input_shape_ = std::move(shape); }

  const std::filesystem::path& path() const { return path_; }
  at::Device device() const;
  uint64_t file_size() const { return file_size_; }  ///< in bytes

  /// The TorchScript module itself, on `device()`, for what the methods above cannot do, gradients
  /// above all. Users of it include <torch/csrc/jit/api/module.h>.
  torch::jit::Module& module();

 private:
  struct Program;  // hides TorchScript's headers

  std::filesystem::path path_;
  uint64_t file_size_ = 0;
  std::shared_ptr<Program> program_;
  std::optional<formats::ModelCard> card_;
  std::optional<Shape> input_shape_;
  InferenceMaker make_inference_;  // until it has been called
  std::shared_ptr<models::Inference> inference_;
  // The items for which a method of it agreed with the program; none: it did not.
  std::map<std::string, std::optional<Shape>> compared_;

  ExportedModel(const std::filesystem::path& path, Program program);
  std::vector<at::Tensor> run(const std::string& method, const at::Tensor& x,
                              const at::Tensor& condition, size_t most);
  std::vector<at::Tensor> run_program(const std::string& method,
                                      const std::vector<at::Tensor>& arguments, size_t most);
  std::vector<at::Tensor> run_batch(const std::string& method,
                                    const std::vector<at::Tensor>& arguments, size_t most);
  std::vector<at::Tensor> run(const std::string& method, const std::vector<at::Tensor>& arguments,
                              size_t most);
  void check_call(const std::string& method, const at::Tensor& x) const;
  bool infers(const std::string& method, const std::vector<at::Tensor>& arguments);
  void check_condition(const at::Tensor& x, const at::Tensor& condition) const;
};

/// The loss a checkpoint was trained with; mean squared error where the file does not say.
models::Loss recorded_loss(const ExportedModel& model);

/// The prior it was trained with, "learned", "vamp:500" or "layer:50"; "standard" where the file does
/// not say.
std::string recorded_prior(const ExportedModel& model);

/// Whether that is N(0, I), or a normal distribution of codes for each condition.
bool has_standard_prior(const ExportedModel& model);
bool has_learned_prior(const ExportedModel& model);

}  // namespace hourglass::evaluation
