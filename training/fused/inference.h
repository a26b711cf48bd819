#pragma once

#include "hourglass/models/inference.h"
#include "hourglass/training/fused/network.h"

#include <map>
#include <string>
#include <vector>

namespace hourglass::training::fused {

/// Inference with a network: its encoder, its decoder, and both.
class Inference : public models::Inference {
 public:
  /// All must outlive it. Each call sets `step`.
  Inference(Network& network, Step& step, Team& team);
  Inference(const Inference&) = delete;
  Inference& operator=(const Inference&) = delete;

  std::vector<at::Tensor> run(const std::string& method,
                              const std::vector<at::Tensor>& arguments) override;

 private:
  /// Rows of a caller's tensor, [B, width], of which the batch at hand begins at `data`.
  struct Rows {
    float* data = nullptr;
    int64_t width = 0;

    float* row(int64_t item) const { return data + item * width; }
  };

  /// A flow that is a result, of several samples the first.
  struct Result {
    const Flow* flow;
    Shape shape;
  };

  struct Method {
    int64_t width = 0;  ///< of a row of its argument
    Program program;
    std::vector<Result> results;
  };

  Network& network_;
  Step& step_;
  Team& team_;
  std::map<std::string, Method> methods_;
  // Of the batch at hand.
  Rows argument_, condition_;
  std::vector<Rows> results_;

  void read_items(Program& program);
  void read_codes(Program& program);
  void tell_decoder(Program& program);
  void give(Method& method, std::vector<Result> results);
  bool reads_in_place() const;
  std::vector<at::Tensor> empty_results(const Method& method, int64_t items);
};

}  // namespace hourglass::training::fused
