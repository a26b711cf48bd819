#include "hourglass/models/network.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/networks/layers_network.h"
#include "hourglass/models/networks/lstm_network.h"
#include "hourglass/models/networks/strided_network.h"

#include <algorithm>

namespace hourglass::models {
namespace {

std::vector<NetworkKind>& kinds() {
  static std::vector<NetworkKind> all = {
      network_kind<DenseNetwork>(),   network_kind<ConvolutionalNetwork>(),
      network_kind<StridedNetwork>(), network_kind<LstmNetwork>(),
      network_kind<LayersNetwork>(),
  };
  return all;
}

const NetworkKind* find_kind(const std::string& name) {
  const auto found =
      std::find_if(kinds().begin(), kinds().end(), [&](const auto& k) { return k.name == name; });
  return found == kinds().end() ? nullptr : &*found;
}

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const auto& kind : kinds()) names.push_back(kind.name);
  return names;
}

}  // namespace

const std::vector<NetworkKind>& network_kinds() { return kinds(); }

void register_network(NetworkKind kind) {
  if (find_kind(kind.name)) throw Error("network '{}': the name is taken", kind.name);
  kinds().push_back(std::move(kind));
}

NetworkOptions::NetworkOptions(const std::string& name) : name_{name} {
  if (!find_kind(name)) {
    throw UsageError("`network`: expected one of {}, found '{}'{}", join_text(kind_names()), name,
                     suggestion(name, kind_names()));
  }
  options_ = kind().defaults;
}

void NetworkOptions::describe(FieldTable& table) {
  table.add("network", name_, "what encoder and decoder are made of: " + join_text(kind_names()))
      .shown_as("NAME");
  kind().describe(options_, table);
}

void NetworkOptions::check() const { kind().check(options_); }

Activation NetworkOptions::last_activation() const { return kind().last_activation(options_); }

void NetworkOptions::resolve(const ItemShapes& shapes) { kind().resolve(options_, shapes); }

Network NetworkOptions::build(const NetworkRequest& request) const {
  check();
  NetworkOptions resolved = *this;
  resolved.resolve(request.shapes);
  return kind().build(resolved.options_, request);
}

const NetworkKind& NetworkOptions::kind() const {
  const NetworkKind* kind = find_kind(name());
  if (!kind) throw Error("network '{}': not registered", name());
  return *kind;
}

std::string NetworkOptions::Name::expects() { return "one of " + join_text(kind_names()); }

std::vector<std::string> NetworkOptions::Name::choices() { return kind_names(); }

std::optional<NetworkOptions::Name> NetworkOptions::Name::parse(const std::string& text) {
  if (!find_kind(text)) return {};
  return Name{text};
}

}  // namespace hourglass::models
