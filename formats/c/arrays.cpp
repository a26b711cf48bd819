#include "hourglass/formats/c/arrays.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace hourglass::formats::c {
namespace {

constexpr size_t kArrayWidth = 98;

Type type_of_array(const at::Tensor& values) {
  return values.is_floating_point() ? Type::Float : type_of(values.scalar_type(), "weights");
}

at::Tensor packed(const at::Tensor& values, Type type) {
  const auto scalar = type == Type::Float   ? at::kFloat
                      : type == Type::Whole ? at::kLong
                                            : at::kByte;
  return values.detach().to(at::kCPU, scalar).contiguous();
}

double number_at(const at::Tensor& values, Type type, int64_t at) {
  if (type == Type::Float) return static_cast<double>(values.const_data_ptr<float>()[at]);
  if (type == Type::Whole) return static_cast<double>(values.const_data_ptr<int64_t>()[at]);
  return values.const_data_ptr<uint8_t>()[at];
}

std::string rows_of_numbers(const at::Tensor& values, Type type) {
  std::string text, line;
  for (int64_t i = 0; i < values.numel(); ++i) {
    const std::string number = literal(number_at(values, type, i), type);
    if (line.size() + number.size() + 6 > kArrayWidth) {
      text += "    " + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + number + (i + 1 < values.numel() ? "," : "");
  }
  return text + "    " + line + "\n";
}

}  // namespace

std::string Arrays::take(const at::Tensor& values, const std::string& wanted) {
  const Type type = type_of_array(values);
  const at::Tensor data = packed(values, type);
  std::string key = type_name(type);
  key.append(static_cast<const char*>(data.const_data_ptr()), data.nbytes());
  const auto [found, is_new] = names_of_values_.try_emplace(key);
  if (!is_new) return found->second;
  std::string name = names_.take(prefix_ + "_" + identifier(wanted));
  found->second = name;
  bytes_ += data.numel() * type_bytes(type);
  text_ +=
      fmt::format("static const {} {}[{}] = {{{}\n{}}};\n\n", type_name(type), name, data.numel(),
                  values.dim() > 1 ? " /* " + sizes_text(values.sizes().vec()) + " */" : "",
                  rows_of_numbers(data, type));
  return name;
}

}  // namespace hourglass::formats::c
