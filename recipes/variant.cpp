#include "recipes/variant.h"

#include "core/error.h"
#include "models/dense.h"

namespace hourglass {
namespace {

template <class Model>
Variant row(std::string name, std::string summary, std::string default_recipe) {
  using Options = typename Model::Options;
  return {
      .name = std::move(name),
      .summary = std::move(summary),
      .default_recipe = std::move(default_recipe),
      .default_options = Options{},
      .describe = [](OptionTable& table,
                     std::any& options) { describe(table, std::any_cast<Options&>(options)); },
      .check = [](const std::any& options) { check(std::any_cast<const Options&>(options)); },
      .build = [](const std::any& options, const ItemShapes& shapes) -> AutoencoderPtr {
        return std::make_shared<Model>(std::any_cast<const Options&>(options), shapes);
      },
  };
}

}  // namespace

const std::vector<Variant>& variants() {
  static const std::vector<Variant> all = {
      row<DenseImpl>("dense", "fully connected layers; the decoder mirrors the encoder",
                     "digits-2d"),
  };
  return all;
}

const Variant& find_variant(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& variant : variants()) {
    if (variant.name == name) return variant;
    names.push_back(variant.name);
  }
  throw UsageError("expected a variant ({}), found '{}'{}", join_text(names), name,
                   suggestion(name, names));
}

}  // namespace hourglass
