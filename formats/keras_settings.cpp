#include "hourglass/formats/keras_settings.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <fmt/format.h>

#include <map>
#include <vector>

namespace hourglass::formats {
namespace {

using models::Activation;
using nlohmann::json;

constexpr int64_t kLargestSetting = int64_t{1} << 31;

/// The slope of "leaky_relu" where only a name is given.
constexpr double kLeakySlope = 0.2;

/// On one line, and not the whole of a large one.
std::string setting_text(const json& value) {
  constexpr size_t kLongest = 60;
  return value.is_null()
             ? "none"
             : shortened(value.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace),
                         kLongest);
}

const std::map<std::string, Activation>& activations() {
  static const std::map<std::string, Activation> all = {
      {"linear", Activation::Linear}, {"relu", Activation::Relu},
      {"elu", Activation::Elu},       {"selu", Activation::Selu},
      {"gelu", Activation::Gelu},     {"silu", Activation::Silu},
      {"swish", Activation::Silu},    {"softplus", Activation::Softplus},
      {"tanh", Activation::Tanh},     {"sigmoid", Activation::Sigmoid}};
  return all;
}

}  // namespace

void KerasSettings::fail(const std::string& expected, const std::string& found) const {
  throw Error("{}: expected {}, found {}", where_, expected, found);
}

void KerasSettings::expect(const std::string& key, const json& value) const {
  const json& found = fields_.value(key);
  if (found.is_null() || found == value) return;
  fail(fmt::format("'{}' {}", key, setting_text(value)), setting_text(found));
}

int64_t KerasSettings::size(const std::string& key) const {
  const auto value = fields_.get<int64_t>(key);
  if (value < 1 || value > kLargestSetting) {
    fields_.fail(key, fmt::format("a whole number from 1 to {}", kLargestSetting));
  }
  return value;
}

int64_t KerasSettings::side(const std::string& key, int64_t otherwise) const {
  const json& found = fields_.value(key);
  if (found.is_null() && otherwise > 0) return otherwise;
  if (found.is_number()) return size(key);
  const auto pair = fields_.get<std::vector<int64_t>>(key);
  if (pair.size() != 2 || pair[0] != pair[1] || pair[0] < 1 || pair[0] > kLargestSetting) {
    fields_.fail(key, "the same size for height and width");
  }
  return pair[0];
}

bool KerasSettings::pads() const {
  const auto padding = fields_.get<std::string>("padding", "valid");
  if (padding != "same" && padding != "valid") fields_.fail("padding", "\"same\" or \"valid\"");
  return padding == "same";
}

KerasActivation KerasSettings::activation(const std::string& key) const {
  const json& found = fields_.value(key);
  if (found.is_null()) return {};
  const std::string name = found.is_string() ? found.get<std::string>() : "";
  if (name == "leaky_relu") return {.leaky_slope = kLeakySlope};
  const auto known = activations().find(name);
  if (known == activations().end()) {
    std::vector<std::string> names = {"leaky_relu"};
    for (const auto& [each, function] : activations()) names.push_back(each);
    fail("an activation of " + join_text(names), setting_text(found));
  }
  return {.function = known->second};
}

}  // namespace hourglass::formats
