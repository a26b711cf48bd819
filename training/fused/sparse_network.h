#pragma once

#include "hourglass/training/fused/auxiliary_loss.h"
#include "hourglass/training/fused/dense_code.h"
#include "hourglass/training/fused/latent_gradients.h"
#include "hourglass/training/fused/latent_penalty.h"
#include "hourglass/training/fused/network.h"
#include "hourglass/training/fused/sparse_decoder.h"
#include "hourglass/training/fused/sparse_encoder.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hourglass::training::fused {

/// Why a sparse autoencoder (models/dictionary.h) cannot be computed by hand.
std::optional<std::string> obstacle_of_dictionary(const models::DictionaryPlan& plan);

/// A sparse autoencoder, models/dictionary.h, of which only what is active is computed.
///
/// A step on B items of D values with W latents, of which k are active for an item, takes
///
///   encode          2 B D W   operations, reads the weight once for each 128 items
///   decode          2 B k D   a row of 4 D bytes for each active latent, and so for the next three
///   gradient of f   2 B k D
///   dW_dec, dW_enc  4 B k D   and writes 8 D W bytes
///   db_dec          2 D W     at most, of the rows whose latents were active
///   optimizer                 56 D W bytes (Adam: weight, gradient and two moments of both matrices)
///   weight in panels          8 D W bytes
///
/// where automatic differentiation of the dense formula takes six products of 2 B D W. With m dead latents
/// 10 B D m are added; a batch with too many active latents takes the products (dense_code.h). The optimizer stays dense, because Adam moves a weight whose gradient is 0, too: the result is that of
/// the dense formula.
class SparseNetwork : public Network {
 public:
  SparseNetwork(const models::Autoencoder& model, bool separate_targets, const Step& step,
                Parameters& parameters);

  void add_encoder(Program& program) override;
  void add_code(Program& program) override;
  void add_reconstruction(Program& program) override;
  void add_decoder(Program& program) override;
  void add_loss(Program& program) override;
  void add_backward(Program& program) override;
  void add_constraints(Program& program) override;
  void add_refresh(Program& program) override;
  std::vector<double> values() const override;
  bool writes_one_gradient() const override { return true; }

  float* code_of_decoder(int64_t item, int64_t /*sample*/) const override {
    return code_.row(item);
  }
  const Flow& code() const override { return code_; }
  const Flow& output() const override { return decoder_.output(); }

 private:
  const models::DictionaryPlan plan_;
  const Step& step_;
  const Dictionary dictionary_;
  Flow code_;  // [B, W], for who asks for it
  SparseEncoder encoder_;
  SparseDecoder decoder_;
  LatentGradients gradients_;
  std::unique_ptr<LatentPenalty> penalty_;
  std::vector<AuxiliaryLoss> auxiliary_;
  std::optional<DenseCode> dense_;      // where no selection keeps the code sparse
  bool is_dense_ = false;               // the batch at hand
  std::vector<int64_t> active_counts_;  // a shard each
  int64_t dead_ = 0;
  at::Tensor fired_;  // int64 [W]: in how many processes each latent was active in the batch
  // The model's own.
  at::Tensor steps_since_spoken_, batch_threshold_;

  void build_terms(const models::Autoencoder& model);
  void choose_products();
  void spread_code(const Shard& shard) const;
  void collect_code(const Shard& shard);
  void find_dead();
  void compare(const Shard& shard);
  void differentiate(const Shard& shard);
  void write_gradients(const Shard& shard);
  void finish_step();
  void normalize_decoder(int part, int parts) const;
  void write_floors(int part, int parts);
};

}  // namespace hourglass::training::fused
