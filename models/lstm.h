#pragma once

#include "hourglass/models/autoencoder.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace hourglass::models {

// LSTM autoencoder (Srivastava, Mansimov & Salakhutdinov 2015, in the form of the Keras tutorial):
// an LSTM reads the sequence, its last hidden state is the code; the code, repeated once for each
// time step, is read by another LSTM, and a dense layer turns each of its steps into features. loss
// = reconstruction(x̂, x)
//
// An image [C, H, W] is a sequence of its H rows of C·W features, a table row [D] one of D single
// numbers, and [T, F] is T steps of F features.

struct LstmOptions {
  /// Units of the encoder's LSTM layers, the last of which is the code. The decoder has the others
  /// in reverse, or one as wide as the code where there are no others.
  std::vector<int64_t> widths = {64, 16};
  bool bidirectional = false;  ///< every layer reads both ways; the code is then twice its width
  Likelihood likelihood;

  /// Adds a row for each field.
  void describe(FieldTable& table);
};

/// Throws `UsageError` for options that cannot work whatever the data.
void check(const LstmOptions& options);

class LstmAutoencoder : public Autoencoder {
 public:
  using Options = LstmOptions;

  /// Throws what `check` throws, and `UsageError` where input or target is no sequence.
  LstmAutoencoder(Options options, ItemShapes shapes);

  at::Tensor encode(const at::Tensor& x) override;         // [B, shape…] -> [B, code]
  at::Tensor decode_logits(const at::Tensor& z) override;  // [B, code] -> [B, shape…]

 private:
  std::shared_ptr<Stack> encoder_, decoder_;
};

}  // namespace hourglass::models
