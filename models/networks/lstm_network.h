#pragma once

#include "hourglass/models/network.h"
#include "hourglass/models/widths.h"

#include <cstdint>
#include <vector>

namespace hourglass::models {

// LSTM layers (Srivastava, Mansimov & Salakhutdinov 2015, in the form of the Keras tutorial): an
// LSTM reads the sequence, its last hidden state is the code; the code, repeated once for each time
// step, is read by another LSTM, and a dense layer turns each of its steps into features.
//
// Items are read as sequences as `sequence_shape` says (recurrent_layers.h).

struct LstmNetwork {
  static constexpr const char* kName = "lstm";
  static constexpr const char* kSummary = "reads the item as a sequence, an image row by row";

  Widths widths;
  std::vector<int64_t> most_widths = {64, 16};  ///< see `automatic_widths`
  bool bidirectional = false;

  void describe(FieldTable& table) {
    table
        .add("widths", widths,
             "units of the encoder's LSTM layers, the last of which is the code; the decoder has "
             "the others in reverse" +
                 automatic_widths_help(most_widths))
        .shown_as("N,N,...");
    table.add("bidirectional", bidirectional,
              "every layer reads both ways; the code is then twice its width");
  }

  void check() const { widths.check(); }
  void resolve(const ItemShapes& shapes) { resolve_widths(*this, shapes.input); }
  Activation last_activation() const { return Activation::Tanh; }

  /// Throws `UsageError` where input or target is no sequence.
  Network build(const NetworkRequest& request) const;
};

}  // namespace hourglass::models
