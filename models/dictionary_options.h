#pragma once

#include "hourglass/core/fields.h"

#include <cstdint>

namespace hourglass::models {

/// What JumpReLU's penalty is of: L0 is the number of units that speak, T the one aimed at.
enum class JumpLoss {
  Step,       ///< L0
  Quadratic,  ///< 2 (L0 − T)² / T
  Tanh,       ///< Σ tanh(4 f n), without a straight-through estimate
};
constexpr auto names_of(JumpLoss) {
  return std::to_array<EnumName<JumpLoss>>(
      {{JumpLoss::Step, "step"}, {JumpLoss::Quadratic, "quadratic"}, {JumpLoss::Tanh, "tanh"}});
}

/// How a dictionary (dictionary.h) starts and learns. The defaults are those of SAELens 6.54.
struct DictionaryOptions {
  double decoder_norm = 0.1;
  bool unit_norm_decoder = false;
  bool independent_encoder = false;
  bool no_pre_bias = false;
  bool unscaled_selection = false;
  double auxiliary_coefficient = 1;
  bool prefix_auxiliary = false;
  int64_t dead_window = 1000;
  double threshold_rate = 0.01;
  double l1_coefficient = 1;
  double l0_coefficient = 1;
  int64_t coefficient_warmup = 0;
  JumpLoss jump_loss = JumpLoss::Step;
  double target_l0 = 0;
  double jump_threshold = 0.01;
  double jump_bandwidth = 0.05;

  void describe(FieldTable& table) {
    table
        .add("decoder_norm", decoder_norm,
             "length of each unit's vector in the decoder at the start; 0: as drawn")
        .at_least(0);
    table.add("unit_norm_decoder", unit_norm_decoder,
              "give each unit's vector in the decoder length 1 after every step");
    table.add("independent_encoder", independent_encoder,
              "start the encoder from weights of its own instead of the decoder's, transposed");
    table.add("no_pre_bias", no_pre_bias,
              "do not subtract the decoder's bias from the input before encoding");
    table.add("unscaled_selection", unscaled_selection,
              "topk kinds: find the strongest units by their values alone, not times the lengths "
              "of their vectors in the decoder");
    table
        .add("auxiliary_coefficient", auxiliary_coefficient,
             "topk kinds: weight of the loss by which dead units learn what the others miss")
        .at_least(0);
    table.add("prefix_auxiliary", prefix_auxiliary,
              "matryoshka: such a loss for the dead units of each prefix");
    table.add("dead_window", dead_window, "a unit is dead after more than so many silent batches")
        .shown_as("STEPS")
        .at_least(1);
    table
        .add("threshold_rate", threshold_rate,
             "batch kinds: how fast the threshold for inference follows the weakest chosen unit")
        .above(0)
        .at_most(1);
    table
        .add("l1_coefficient", l1_coefficient,
             "standard, gated: weight of the L1 norm of the code, units weighted by the lengths of "
             "their vectors")
        .at_least(0);
    table
        .add("l0_coefficient", l0_coefficient, "jumprelu: weight of the number of units that speak")
        .at_least(0);
    table
        .add("coefficient_warmup", coefficient_warmup,
             "steps in which the l1 or l0 coefficient grows from 0 to its value")
        .shown_as("STEPS")
        .at_least(0);
    table.add("jump_loss", jump_loss,
              "jumprelu: penalty on the number of units that speak: step, quadratic around "
              "target-l0, or tanh, a smooth count");
    table
        .add("target_l0", target_l0,
             "units that speak in a row, which the quadratic penalty aims at")
        .at_least(0);
    table.add("jump_threshold", jump_threshold, "jumprelu: each unit's threshold at the start")
        .at_least(0);
    table
        .add("jump_bandwidth", jump_bandwidth,
             "jumprelu: width of the window around a threshold whose rows move it")
        .above(0);
  }
};

}  // namespace hourglass::models
