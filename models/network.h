#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/core/shape.h"
#include "hourglass/models/layer.h"

#include <any>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace hourglass::models {

// A network is layers from an item to a code and back, for given shapes. It does not know what is
// minimised over it: that is an objective's business (autoencoder.h).

/// Shapes of one input and of the target it is to become; they differ in paired training. Of a
/// network that is built, the target has all numbers that the likelihood wants (`parameter_shape`).
struct ItemShapes {
  Shape input;
  Shape target;
};

/// What an objective asks of a network.
struct NetworkRequest {
  ItemShapes shapes;
  /// The encoder ends in one linear layer for each of these names ("mean", "log_variance"), side by
  /// side, each giving values of the code's shape. Empty: it ends in the code, by a last layer of
  /// the network's own.
  std::vector<std::string> heads = {};
  /// Values that join the input of the encoder and the code before the decoder; 0: none.
  int64_t condition_width = 0;
};

struct Head {
  std::string name;
  std::shared_ptr<Layer> layer;
};

struct Network {
  std::shared_ptr<Stack> encoder;  ///< [B, input…] -> the code, or what the heads read
  std::vector<Head> heads;         ///< each -> [B, code…]
  std::shared_ptr<Stack> decoder;  ///< [B, code…] -> [B, target…] before the output activation
  Shape code_shape;
};

/// A kind of network that can be chosen by name. Its options are a struct whose name, description,
/// check and construction `NetworkOptions` finds by these members:
///
///   struct DenseNetwork {
///     static constexpr const char* kName = "dense";
///     static constexpr const char* kSummary = "fully connected layers";
///     Widths widths;                                // and further fields
///     void describe(FieldTable& table);             // adds the fields
///     void check() const;                           // throws UsageError, whatever the data
///     void resolve(const ItemShapes&);              // only where options wait for the data: now
///                                                   // that they are known, settles them
///     Activation last_activation() const;           // what the code has been through last
///     Network build(const NetworkRequest&) const;   // throws UsageError where shapes do not suit
///   };
struct NetworkKind {
  std::string name, summary;
  std::any defaults;
  std::function<void(std::any&, FieldTable&)> describe;
  std::function<void(const std::any&)> check;
  std::function<void(std::any&, const ItemShapes&)> resolve;
  std::function<Activation(const std::any&)> last_activation;
  std::function<Network(const std::any&, const NetworkRequest&)> build;
};

/// All kinds, in the order shown to users.
const std::vector<NetworkKind>& network_kinds();

/// Adds a kind, for programs that bring their own. Throws `Error` when its name is taken.
void register_network(NetworkKind kind);

template <class Options>
NetworkKind network_kind() {
  const auto get = [](const std::any& options) { return std::any_cast<const Options&>(options); };
  return {
      .name = Options::kName,
      .summary = Options::kSummary,
      .defaults = Options{},
      .describe = [](std::any& options,
                     FieldTable& table) { std::any_cast<Options&>(options).describe(table); },
      .check = [get](const std::any& options) { get(options).check(); },
      .resolve =
          [](std::any& options, const ItemShapes& shapes) {
            auto& own = std::any_cast<Options&>(options);
            if constexpr (requires { own.resolve(shapes); }) own.resolve(shapes);
          },
      .last_activation = [get](const std::any& options) { return get(options).last_activation(); },
      .build = [get](const std::any& options,
                     const NetworkRequest& request) { return get(options).build(request); },
  };
}

/// The chosen kind of network with its options: `NetworkOptions network = DenseNetwork{.widths = {32, 2}}`.
class NetworkOptions {
 public:
  /// The dense network with its defaults.
  NetworkOptions() : NetworkOptions("dense") {}

  template <class Options>
  requires requires { Options::kName; }
  NetworkOptions(Options options) : name_{Options::kName}, options_(std::move(options)) {}

  /// The kind of that name with its defaults. Throws `UsageError` for an unknown name.
  explicit NetworkOptions(const std::string& name);

  const std::string& name() const { return name_.value; }

  /// Adds "network" and the fields of the chosen kind. Another kind has other fields, so it has to
  /// be chosen before.
  void describe(FieldTable& table);

  void check() const;

  /// Settles what depends on the data, `widths` auto say.
  void resolve(const ItemShapes& shapes);

  Activation last_activation() const;

  /// Resolves options that are not yet.
  Network build(const NetworkRequest& request) const;

 private:
  /// The name as a field that accepts the names of networks alone.
  struct Name {
    std::string value;
    static std::string expects();
    static std::vector<std::string> choices();
    static std::optional<Name> parse(const std::string& text);
    std::string text() const { return value; }
  };
  Name name_;
  std::any options_;

  const NetworkKind& kind() const;
};

}  // namespace hourglass::models
