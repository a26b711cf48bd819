#pragma once

#include "hourglass/formats/keras_parts.h"

#include <cstdint>
#include <optional>
#include <string>

namespace hourglass::formats {

/// What Keras calls an activation function, and the slope of its leaky ReLU.
struct KerasActivation {
  models::Activation function = models::Activation::Linear;
  std::optional<double> leaky_slope = {};
};

/// The settings of one layer. Every error names the file and the layer.
class KerasSettings {
 public:
  KerasSettings(const KerasLayer& layer, const std::string& file)
      : where_(file + ": " + layer.description), fields_(layer.config, where_) {}

  const std::string& where() const { return where_; }
  const JsonFields& fields() const { return fields_; }

  /// Throws `Error`: "config.json: Conv2D 'a': expected …, found …".
  [[noreturn]] void fail(const std::string& expected, const std::string& found) const;

  /// Throws `Error` unless the setting has that value, or is not there.
  void expect(const std::string& key, const nlohmann::json& value) const;

  bool flag(const std::string& key, bool otherwise) const { return fields_.get(key, otherwise); }

  /// A whole number of at least 1.
  int64_t size(const std::string& key) const;

  /// The number that both of a pair are: [3, 3] is 3. `otherwise` where there is none; 0: there has
  /// to be one.
  int64_t side(const std::string& key, int64_t otherwise = 0) const;

  /// Whether "padding" is "same" rather than "valid".
  bool pads() const;

  /// The function named by that setting; linear where there is none.
  KerasActivation activation(const std::string& key) const;

 private:
  std::string where_;
  JsonFields fields_;
};

}  // namespace hourglass::formats
