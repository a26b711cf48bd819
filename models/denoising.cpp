#include "hourglass/models/denoising.h"

#include "hourglass/models/convolutional.h"
#include "hourglass/models/dense.h"

namespace hourglass::models {
namespace {

ConvolutionalOptions convolutional_options(const DenoisingOptions& options) {
  return {.filters = options.filters,
          .activation = options.activation,
          .likelihood = options.likelihood};
}

DenseOptions dense_options(const DenoisingOptions& options) {
  return {.widths = options.widths,
          .activation = options.activation,
          .code_activation = options.activation,
          .likelihood = options.likelihood};
}

}  // namespace

void DenoisingOptions::describe(FieldTable& table) {
  table.add("network", network, "convolutional or dense");
  table.add("filters", filters, "of the convolutional network: channels after each convolution")
      .at_least(1);
  table.add("widths", widths, "of the dense network: hidden widths, then the code's").at_least(1);
  table.add("activation", activation, "of the hidden layers");
  likelihood.describe(table);
}

void check(const DenoisingOptions& options) {
  if (options.network == DenoisingNetwork::Dense) {
    check(dense_options(options));
  } else {
    check(convolutional_options(options));
  }
}

AutoencoderPtr build(const DenoisingOptions& options, const ItemShapes& shapes) {
  if (options.network == DenoisingNetwork::Dense) {
    return std::make_shared<DenseAutoencoder>(dense_options(options), shapes);
  }
  return std::make_shared<ConvolutionalAutoencoder>(convolutional_options(options), shapes);
}

}  // namespace hourglass::models
