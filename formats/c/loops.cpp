#include "hourglass/formats/c/loops.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hourglass::formats::c {
namespace {

constexpr size_t kWidth = 96;

std::string variable(size_t loop) {
  const std::string names = "ijklmn";
  return loop < names.size() ? std::string(1, names[loop]) : fmt::format("n{}", loop);
}

struct Nest {
  std::vector<int64_t> sizes;
  std::vector<std::vector<int64_t>> strides;  // of each access
};

/// Whether a step of loop `at` leads as far as all of the next one.
bool is_one_loop(const Nest& nest, size_t at) {
  return std::all_of(nest.strides.begin(), nest.strides.end(), [&](const auto& strides) {
    return strides[at] == strides[at + 1] * nest.sizes[at + 1];
  });
}

void drop_loop(Nest& nest, size_t at) {
  nest.sizes.erase(nest.sizes.begin() + static_cast<ptrdiff_t>(at));
  for (auto& strides : nest.strides) strides.erase(strides.begin() + static_cast<ptrdiff_t>(at));
}

Nest simplified(Nest nest) {
  for (size_t at = nest.sizes.size(); at-- > 0;) {
    if (nest.sizes[at] == 1) drop_loop(nest, at);
  }
  for (size_t at = nest.sizes.size(); at-- > 1;) {
    if (!is_one_loop(nest, at - 1)) continue;
    nest.sizes[at] *= nest.sizes[at - 1];
    drop_loop(nest, at - 1);
  }
  return nest;
}

std::string head(size_t loop, int64_t size) {
  const std::string name = variable(loop);
  return fmt::format("for (long {0} = 0; {0} < {1}; ++{0})", name, size);
}

std::string element(const std::string& array, int64_t offset, const std::vector<int64_t>& strides) {
  std::string index = offset == 0 ? "" : fmt::format("{}", offset);
  for (size_t loop = 0; loop < strides.size(); ++loop) {
    if (strides[loop] == 0) continue;
    if (!index.empty()) index += " + ";
    index += variable(loop);
    if (strides[loop] != 1) index += fmt::format(" * {}", strides[loop]);
  }
  return fmt::format("{}[{}]", array, index.empty() ? "0" : index);
}

/// Loops, one in the other, around a body of which the first lines come with them.
std::vector<std::string> around(const std::vector<int64_t>& sizes, size_t first_loop,
                                const std::string& statement) {
  std::vector<std::string> lines;
  std::string indent;
  for (size_t at = 0; at < sizes.size(); ++at) {
    lines.push_back(indent + head(first_loop + at, sizes[at]));
    indent += "    ";
  }
  if (!lines.empty() && lines.back().size() + 1 + statement.size() <= kWidth) {
    lines.back() += " " + statement;
  } else {
    lines.push_back(indent + statement);
  }
  return lines;
}

}  // namespace

std::vector<int64_t> packed_strides(const std::vector<int64_t>& sizes) {
  std::vector<int64_t> strides(sizes.size(), 1);
  for (size_t i = sizes.size(); i-- > 1;) strides[i - 1] = strides[i] * sizes[i];
  return strides;
}

std::vector<std::string> loops(const std::vector<int64_t>& sizes, std::vector<Access> accesses,
                               const Statement& statement) {
  Nest nest = {sizes, {}};
  for (const auto& access : accesses) nest.strides.push_back(access.strides);
  nest = simplified(std::move(nest));
  std::vector<std::string> elements;
  for (size_t i = 0; i < accesses.size(); ++i)
    elements.push_back(element(accesses[i].array, accesses[i].offset, nest.strides[i]));
  return around(nest.sizes, 0, statement(elements));
}

std::vector<std::string> reducing_loops(const std::vector<int64_t>& kept,
                                        const std::vector<int64_t>& reduced, const Access& input,
                                        const Access& output, const Reduction& reduction) {
  const auto middle = input.strides.begin() + static_cast<ptrdiff_t>(kept.size());
  const Nest outer =
      simplified({kept, {std::vector<int64_t>(input.strides.begin(), middle), output.strides}});
  const Nest inner = simplified({reduced, {std::vector<int64_t>(middle, input.strides.end())}});
  std::vector<int64_t> strides = outer.strides[0];
  strides.insert(strides.end(), inner.strides[0].begin(), inner.strides[0].end());

  std::vector<std::string> lines;
  for (size_t at = 0; at < outer.sizes.size(); ++at) {
    lines.push_back(std::string(4 * at, ' ') + head(at, outer.sizes[at]));
  }
  if (lines.empty()) lines.emplace_back();
  lines.back() += lines.back().empty() ? "{" : " {";
  const std::string indent(4 * std::max<size_t>(outer.sizes.size(), 1), ' ');
  for (const auto& line : reduction.first) lines.push_back(indent + line);
  const std::string place =
      inner.sizes.empty() ? "0" : variable(outer.sizes.size() + inner.sizes.size() - 1);
  const std::string each = reduction.each({element(input.array, input.offset, strides), place});
  for (const auto& line : around(inner.sizes, outer.sizes.size(), each))
    lines.push_back(indent + line);
  lines.push_back(indent +
                  reduction.last({element(output.array, output.offset, outer.strides[1])}));
  lines.push_back(indent.substr(4) + "}");
  return lines;
}

}  // namespace hourglass::formats::c
