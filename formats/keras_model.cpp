#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/keras_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace hourglass::formats {
namespace {

using models::Activation;
using Kind = KerasPiece::Kind;
using Pieces = std::vector<KerasPiece>;

/// Number of pieces that make up the encoder.
using Boundary = size_t;

bool has_weights(Pieces::const_iterator first, Pieces::const_iterator last) {
  return std::any_of(first, last, [](const auto& piece) { return piece.has_weights(); });
}

bool suits(const Pieces& pieces, Boundary boundary) {
  const auto code = pieces.begin() + static_cast<std::ptrdiff_t>(boundary);
  return has_weights(pieces.begin(), code) && has_weights(code, pieces.end());
}

/// Whether a piece is of the layer, or of the model within the model, of that name.
bool is_of(const KerasPiece& piece, const std::string& name) {
  const auto models = split_text(piece.model, '/');
  return piece.layer == name || std::find(models.begin(), models.end(), name) != models.end();
}

Boundary behind_last_of(const Pieces& pieces, const std::string& name) {
  const auto last = std::find_if(pieces.rbegin(), pieces.rend(),
                                 [&](const auto& piece) { return is_of(piece, name); });
  return static_cast<size_t>(std::distance(last, pieces.rend()));
}

/// The first of the layers that give the fewest values, among those where a code can be, with the
/// activation and the normalisation behind it.
Boundary behind_narrowest(const Pieces& pieces) {
  Boundary best = 0;
  int64_t fewest = 0;
  for (Boundary boundary = 1; boundary < pieces.size(); ++boundary) {
    const KerasPiece& piece = pieces[boundary - 1];
    const int64_t count = element_count(piece.shape);
    if (!suits(pieces, boundary) || piece.shape.size() == 2) continue;
    const bool belongs_to_it = best + 1 == boundary && count == fewest &&
                               piece.kind != Kind::Dense && piece.kind != Kind::Other;
    if (best > 0 && count >= fewest && !belongs_to_it) continue;
    best = boundary;
    fewest = count;
  }
  return best;
}

Boundary chosen_boundary(const Pieces& pieces, const KerasFiles& files) {
  const std::string file = files.model.string();
  if (!files.code.empty()) {
    const Boundary named = behind_last_of(pieces, files.code);
    std::vector<std::string> names;
    for (const auto& piece : pieces) {
      if (names.empty() || names.back() != piece.layer) names.push_back(piece.layer);
    }
    if (named == 0) {
      throw Error("{}: `code`: expected a layer ({}), found '{}'{}", file, join_text(names),
                  files.code, suggestion(files.code, names));
    }
    if (!suits(pieces, named)) {
      throw Error("{}: `code` {}: expected layers with weights before and behind the code", file,
                  files.code);
    }
    return named;
  }
  // An encoder and a decoder as parts of the model: the code is what the first gives.
  for (const auto& piece : pieces) {
    const std::string model = split_text(piece.model + "/", '/').front();
    if (model.empty()) continue;
    const Boundary boundary = behind_last_of(pieces, model);
    if (suits(pieces, boundary)) return boundary;
    break;
  }
  const Boundary narrowest = behind_narrowest(pieces);
  if (narrowest == 0) {
    throw Error("{}: expected two layers with weights and a vector or a map between them", file);
  }
  return narrowest;
}

/// A code has to be a vector in Keras' order, or a map. Where it is a vector that was a map, or
/// becomes one, it is that map; what only repeats it belongs to the decoder.
Boundary settled_boundary(const Pieces& pieces, Boundary boundary) {
  while (boundary > 1 && pieces[boundary - 1].kind == Kind::Repeat) --boundary;
  if (!pieces[boundary - 1].order.defined()) return boundary;
  for (Boundary later = boundary; later < pieces.size(); ++later) {
    if (pieces[later].kind == Kind::Dense) break;
    if (!pieces[later].order.defined()) return suits(pieces, later + 1) ? later + 1 : boundary;
  }
  while (boundary > 1 && pieces[boundary - 1].order.defined()) --boundary;
  return boundary;
}

/// The activation of the last layer, which is taken from it: it is the model's. What stands behind
/// only moves values.
Activation take_output_activation(Pieces& pieces, Boundary boundary) {
  for (size_t i = pieces.size(); i-- > boundary;) {
    KerasPiece& piece = pieces[i];
    if (piece.kind == Kind::View) continue;
    const Activation activation = piece.activation;
    piece.activation = Activation::Linear;
    if (piece.kind == Kind::Elementwise && activation != Activation::Linear) piece.words.clear();
    return activation;
  }
  return Activation::Linear;
}

/// A last Flatten of a map leaves the map.
void leave_map(Pieces& pieces, const std::string& file) {
  while (pieces.back().order.defined() && pieces.back().kind == Kind::View) pieces.pop_back();
  if (!pieces.back().order.defined()) return;
  throw Error("{}: {}: expected a Dense layer between Flatten and the output", file,
              pieces.back().layer);
}

std::string words_of(const KerasPiece& piece) {
  if (piece.words.empty() || piece.activation == Activation::Linear) return piece.words;
  return fmt::format("{}{}{}", piece.words, piece.words.find(':') == std::string::npos ? ":" : ",",
                     enum_name(piece.activation));
}

std::string text_of(Pieces::const_iterator first, Pieces::const_iterator last) {
  std::vector<std::string> layers;
  for (; first != last; ++first) {
    std::string words = words_of(*first);
    if (!words.empty()) layers.push_back(std::move(words));
  }
  return join_text(layers, "; ");
}

std::vector<KerasWeights> weights_of(Pieces::const_iterator first, Pieces::const_iterator last) {
  std::vector<KerasWeights> weights;
  for (; first != last; ++first) {
    if (first->has_weights()) weights.push_back({first->layer, first->tensors});
  }
  return weights;
}

std::string variant_of(const std::string& layers) {
  if (layers.find("lstm:") != std::string::npos) return "lstm";
  return layers.find("conv:") != std::string::npos ? "convolutional" : "dense";
}

models::Likelihood likelihood_of(const std::string& loss, Activation activation) {
  const bool sigmoid = activation == Activation::Sigmoid;
  models::Likelihood likelihood{.loss = models::Loss::Mse, .activation = activation};
  if (loss == "mae") likelihood.loss = models::Loss::Mae;
  if (sigmoid && (loss.empty() || loss == "bce")) likelihood.loss = models::Loss::Bce;
  return likelihood;
}

void add_named(const std::vector<KerasWeights>& weights,
               const std::vector<models::NamedLayerPlan>& entries, TensorMap& named) {
  auto next = weights.begin();
  for (const auto& entry : entries) {
    if (entry.layer.tensors.empty()) continue;
    if (next == weights.end()) throw Error("{}: expected weights, found none", entry.name);
    for (const auto& [name, tensor] : next->tensors) named[entry.name + "." + name] = tensor;
    ++next;
  }
}

}  // namespace

KerasModel read_keras(const KerasFiles& files) {
  const KerasArchive archive = open_keras(files);
  const KerasChain chain = chain_of(archive);
  KerasPieces read = pieces_of(chain, archive);
  Pieces& pieces = read.pieces;
  leave_map(pieces, archive.architecture_file);
  const Boundary boundary = settled_boundary(pieces, chosen_boundary(pieces, files));
  const Activation activation = take_output_activation(pieces, boundary);
  const auto code = pieces.cbegin() + static_cast<std::ptrdiff_t>(boundary);
  KerasModel model{.name = chain.name,
                   .variant = {},
                   .encoder = text_of(pieces.cbegin(), code),
                   .decoder = text_of(code, pieces.cend()),
                   .likelihood = likelihood_of(chain.loss, activation),
                   .shapes = {channels_first(read.input), channels_first(pieces.back().shape)},
                   .encoder_weights = weights_of(pieces.cbegin(), code),
                   .decoder_weights = weights_of(code, pieces.cend())};
  model.variant = variant_of(model.encoder + model.decoder);
  return model;
}

TensorMap named_weights(const KerasModel& keras, const models::ModelPlan& plan) {
  TensorMap named;
  add_named(keras.encoder_weights, plan.encoder, named);
  add_named(keras.decoder_weights, plan.decoder, named);
  return named;
}

}  // namespace hourglass::formats
