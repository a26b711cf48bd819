// A variant of one's own, in one file: what is minimised, the options, a recipe. All else is the
// library's: flags and --help, data sets, resuming, pictures, and a best.pt that every tool reads.
//
//   decorrelated_autoencoder                          the recipe below: correlation falls to 0.22
//   decorrelated_autoencoder --correlation-weight 0   without the penalty: it stays at 1.8
//   decorrelated_autoencoder --network convolutional --dataset fashion-mnist

#include "hourglass/cli/trainer_program.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/recipes/variant.h"

#include <ATen/ATen.h>

using namespace hourglass;

// No unit of the code is to repeat what another one says already:
//
//   loss = reconstruction + λ Σ r²ᵢⱼ over all pairs of units i < j
//
// rᵢⱼ is the correlation of two units over the batch. Units that are independent have r² ≈ 1 / B by
// chance: 0.22 in all for 28 pairs in batches of 128.

/// A field is a flag, a line of --help and an entry of run.json.
struct DecorrelatedOptions {
  double correlation_weight = 1e-3;

  void describe(FieldTable& table) {
    table.add("correlation_weight", correlation_weight, "weight of the squared correlations")
        .at_least(0);
  }
};

/// Correlations of the units of a code [B, code shape…]: [D, D].
at::Tensor correlations(const at::Tensor& code) {
  const at::Tensor z = code.flatten(1);                        // [B, D]
  const at::Tensor centred = z - z.mean(0);                    // [B, D]
  const at::Tensor variance = centred.square().mean(0);        // [D]
  const at::Tensor unit = centred / (variance + 1e-6).sqrt();  // a unit that never changes is 0
  return unit.t().mm(unit) / z.size(0);
}

class Decorrelated : public models::Autoencoder {
 public:
  Decorrelated(DecorrelatedOptions options, const models::ModelSpec& spec)
      : Autoencoder(spec), options_(options) {}

  /// What is minimised and what is reported besides: each is a column of metrics.csv.
  std::vector<models::Phase> phases() const override {
    const models::Term correlation = {.name = "correlation", .weight = options_.correlation_weight};
    return {{.terms = {{"reconstruction"}, correlation}, .metrics = {"largest_correlation"}}};
  }

  /// Their values on a batch, in that order.
  models::StepValues losses(const Batch& batch, const models::StepContext& /*context*/) override {
    const at::Tensor z = encode(batch.input, batch.condition);
    const at::Tensor logits = decode_logits(z, batch.condition);
    const at::Tensor r = correlations(z).triu(1);  // every pair once
    return {.terms = {reconstruction_loss(likelihood(), logits, batch.target), r.square().sum()},
            .metrics = {r.abs().max()}};
  }

 private:
  DecorrelatedOptions options_;
};

recipes::Variant decorrelated() {
  return {.name = "decorrelated",
          .summary = "units of the code that do not repeat each other",
          .objective = recipes::objective<Decorrelated>(DecorrelatedOptions{}),
          .networks = {models::DenseNetwork{.widths = {64, 8}}},
          .recipes = {
              {.name = "digits-decorrelated",
               .summary = "the embedded digits through 8 units, none like another",
               .data = recipes::digits_with_validation(),
               .training = {.epochs = 200, .batch_size = 128, .optimizer = {.learning_rate = 3e-3}},
               .log_every = 20,
               .expected = {
                   .column = "validation_reconstruction", .at_most = 0.3, .published = "ours"}}}};
}

int main(int argc, char** argv) {
  recipes::register_variant(decorrelated());
  return cli::train_from_command_line("decorrelated", argc, argv);
}
