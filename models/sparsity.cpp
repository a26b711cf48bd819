#include "hourglass/models/sparsity.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace hourglass::models {
namespace {

/// How a kind is written, and how many numbers follow its name.
struct Form {
  Sparsity::Kind kind;
  const char* name;
  size_t fewest = 0, most = 0;
};

constexpr auto kForms =
    std::to_array<Form>({{Sparsity::Kind::L1, "l1"},
                         {Sparsity::Kind::Kl, "kl"},
                         {Sparsity::Kind::TopK, "topk", 1, 1},
                         {Sparsity::Kind::BatchTopK, "batch-topk", 1, 1},
                         {Sparsity::Kind::MatryoshkaBatchTopK, "matryoshka-batch-topk", 2, 64},
                         {Sparsity::Kind::JumpRelu, "jumprelu"},
                         {Sparsity::Kind::Gated, "gated"},
                         {Sparsity::Kind::Standard, "standard"}});

/// The whole numbers of at least 1 behind a colon; none where the text holds anything else.
std::optional<std::vector<int64_t>> numbers_in(const std::string& text) {
  std::vector<int64_t> numbers;
  for (const auto& part : split_text(text, ',')) {
    const auto number = parse_integer(part);
    if (!number || *number < 1) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

bool is_growing(const std::vector<int64_t>& widths) {
  return std::adjacent_find(widths.begin(), widths.end(), std::greater_equal<>()) == widths.end();
}

}  // namespace

std::string Sparsity::expects() {
  return "l1, kl, topk:K, batch-topk:K, matryoshka-batch-topk:K,WIDTH,... (growing), jumprelu, "
         "gated or standard (K and WIDTH at least 1)";
}

std::optional<Sparsity> Sparsity::parse(const std::string& text) {
  const size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  for (const auto& form : kForms) {
    if (name != form.name) continue;
    std::vector<int64_t> numbers;
    if (colon != std::string::npos) {
      const auto found = numbers_in(text.substr(colon + 1));
      if (!found) return {};
      numbers = *found;
    }
    const bool fits = numbers.size() >= form.fewest && numbers.size() <= form.most &&
                      (colon == std::string::npos) == numbers.empty();
    if (!fits) return {};
    Sparsity sparsity{.kind = form.kind};
    if (!numbers.empty()) {
      sparsity.k = numbers.front();
      sparsity.prefixes.assign(numbers.begin() + 1, numbers.end());
    }
    if (!is_growing(sparsity.prefixes)) return {};
    return sparsity;
  }
  return {};
}

std::string Sparsity::text() const {
  const auto form = std::find_if(kForms.begin(), kForms.end(),
                                 [this](const Form& one) { return one.kind == kind; });
  if (form->most == 0) return form->name;
  std::vector<int64_t> numbers = {k};
  numbers.insert(numbers.end(), prefixes.begin(), prefixes.end());
  return fmt::format("{}:{}", form->name, fmt::join(numbers, ","));
}

}  // namespace hourglass::models
