#pragma once

#include "hourglass/formats/c/function.h"

#include <cstdint>
#include <string>
#include <vector>

namespace hourglass::formats::c {

/// Writes an operation's call, with its comment.
using Writer = void (*)(Function& function, const Step& step);

/// The writer of a layer (linear, convolution, pooling, LSTM …); null where it is none.
Writer layer_writer(const std::string& operation);

/// The same of layers of images alone.
Writer image_layer_writer(const std::string& operation);

/// The writer of what places, chooses or gathers values (cat, sum, argmin); null where it is none.
Writer gathering_writer(const std::string& operation);

/// A view whose values do not lie side by side, copied.
void write_copy(Function& function, const Step& step);

/// Floats that an operation needs while it is computed, of each array.
std::vector<int64_t> scratch_of(const Graph& graph, const Operation& operation);

/// "encoder.dense1: 64 -> 32": the layer where there is one, then the text.
std::string title_of(const Operation& operation, const std::string& text);

}  // namespace hourglass::formats::c
