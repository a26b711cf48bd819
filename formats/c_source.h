#pragma once

#include "hourglass/formats/graph.h"

#include <string>
#include <vector>

namespace hourglass::formats {

struct CSourceOptions {
  /// What all names of the file begin with; characters that C does not allow become underscores.
  std::string name = "model";
  /// Lines for the comment at the top: what the model is, what its code means.
  std::vector<std::string> facts;
};

/// One file of C99 that computes these methods for one item at a time: weights as arrays, nothing
/// but <math.h> needed, no allocation, no state. `forward` is called NAME_reconstruct, all others
/// as in the graph, NAME_encode:
///
///   void NAME_encode(const float x[64], float code[2]);
///   float NAME_score(const float x[64]);
///
/// Arrays hold an item without its batch, the last dimension's values side by side. Numbers are
/// float, those of float64 too, as scores are; whole numbers are long, bytes and truth values
/// unsigned char. A method that gives one number an item, [B], returns it.
///
/// The comment at the top states bytes of weights and of working memory, which is on the stack, and
/// each function's multiply-adds. Weights that methods share are written once; what follows from
/// weights alone is computed now.
///
/// Throws `Error` that names operation and layer where C has no counterpart of it here, and where
/// two methods, or a method and a layer's function, would have the same name.
std::string c_source(const std::vector<Graph>& methods, const CSourceOptions& options);

}  // namespace hourglass::formats
