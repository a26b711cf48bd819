#include "hourglass/formats/c/elementwise.h"

#include "hourglass/core/error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <map>

namespace hourglass::formats::c {
namespace {

using Pattern = std::function<std::string(const Operation&)>;

/// {argument}: an element of a tensor, or a number; @name: a helper.
Pattern always(const std::string& text) {
  return [text](const Operation&) { return text; };
}

/// self + alpha · other and the like.
Pattern scaled(const std::string& first, const std::string& sign, const std::string& second) {
  return [=](const Operation& operation) {
    const bool plain = !operation.has("alpha") || operation.number("alpha") == 1;
    return first + sign + (plain ? "" : "{alpha} * ") + second;
  };
}

std::string quotient(const Operation& operation) {
  if (operation.has("rounding_mode")) {
    throw Error("{}: expected a division without rounding for C, found rounding_mode '{}'",
                operation.where(), operation.text_or("rounding_mode", ""));
  }
  return "{self} / {other}";
}

std::string rounded_value(const Operation& operation) {
  if (const int64_t decimals = operation.integer_or("decimals", 0); decimals != 0) {
    throw Error("{}: expected 0 decimals for C, found {}", operation.where(), decimals);
  }
  return "rintf({self})";
}

std::string power(const Operation& operation) {
  const auto* exponent = std::get_if<ValueId>(&operation.arguments.at(1).content);
  if (!exponent && operation.number("exponent") == 2) return "{self} * {self}";
  return "powf({self}, {exponent})";
}

std::string clamped(const Operation& operation) {
  const std::string low = operation.has("min") ? "fmaxf({self}, {min})" : "{self}";
  return operation.has("max") ? "fminf(" + low + ", {max})" : low;
}

std::string gelu(const Operation& operation) {
  return operation.text_or("approximate", "none") == "tanh" ? "@gelu_tanh({self})"
                                                            : "@gelu({self})";
}

std::string elu(const Operation& operation) {
  if (operation.has("input_scale") && operation.number("input_scale") != 1) {
    throw Error("{}: expected an input_scale of 1 for C, found {}", operation.where(),
                operation.number("input_scale"));
  }
  return "@elu({self}, {alpha}, {scale})";
}

const std::map<std::string, Pattern> kPatterns = {
    {"aten::relu", always("@relu({self})")},
    {"aten::leaky_relu", always("@leaky_relu({self}, {negative_slope})")},
    {"aten::elu", elu},
    {"aten::selu", always("@elu({self}, 1.67326324f, 1.05070099f)")},
    {"aten::gelu", gelu},
    {"aten::silu", always("@silu({self})")},
    {"aten::softplus", always("@softplus({self}, {beta}, {threshold})")},
    {"aten::sigmoid", always("@sigmoid({self})")},
    {"aten::tanh", always("tanhf({self})")},
    {"aten::round", rounded_value},
    {"aten::exp", always("expf({self})")},
    {"aten::expm1", always("expm1f({self})")},
    {"aten::log", always("logf({self})")},
    {"aten::log1p", always("log1pf({self})")},
    {"aten::sqrt", always("sqrtf({self})")},
    {"aten::rsqrt", always("1.0f / sqrtf({self})")},
    {"aten::reciprocal", always("1.0f / {self}")},
    {"aten::sin", always("sinf({self})")},
    {"aten::cos", always("cosf({self})")},
    {"aten::abs", always("fabsf({self})")},
    {"aten::neg", always("-{self}")},
    {"aten::square", always("{self} * {self}")},
    {"aten::pow", power},
    {"aten::clamp", clamped},
    {"aten::clamp_min", always("fmaxf({self}, {min})")},
    {"aten::clamp_max", always("fminf({self}, {max})")},
    {"aten::hardtanh", always("fminf(fmaxf({self}, {min_val}), {max_val})")},
    {"aten::maximum", always("fmaxf({self}, {other})")},
    {"aten::minimum", always("fminf({self}, {other})")},
    {"aten::add", scaled("{self}", " + ", "{other}")},
    {"aten::sub", scaled("{self}", " - ", "{other}")},
    {"aten::rsub", scaled("{other}", " - ", "{self}")},
    {"aten::mul", always("{self} * {other}")},
    {"aten::div", quotient},
    {"aten::gt", always("{self} > {other}")},
    {"aten::ge", always("{self} >= {other}")},
    {"aten::lt", always("{self} < {other}")},
    {"aten::le", always("{self} <= {other}")},
    {"aten::eq", always("{self} == {other}")},
    {"aten::ne", always("{self} != {other}")},
    {"aten::logical_not", always("!{self}")},
    {"aten::logical_and", always("{self} && {other}")},
    {"aten::logical_or", always("{self} || {other}")},
    {"aten::where", always("{condition} ? {self} : {other}")},
    {"aten::to", always("{self}")},
    {"aten::_to_copy", always("{self}")}};

/// Functions of math.h that C has for floats alone here.
bool is_of_floats(const std::string& pattern) {
  return pattern.find("f(") != std::string::npos || pattern.find('@') != std::string::npos;
}

/// The elements of a tensor for each element of a result it is broadcast to.
Access broadcast(Function& function, ValueId id, const std::vector<int64_t>& sizes) {
  Access access = function.access(id);
  const auto own = function.sizes(id);
  std::vector<int64_t> strides(sizes.size(), 0);
  const size_t missing = sizes.size() - own.size();
  for (size_t i = 0; i < own.size(); ++i)
    if (own[i] != 1) strides[missing + i] = access.strides[i];
  access.strides = strides;
  return access;
}

/// Writes one operation: its arguments take the places of their names in the pattern.
class ElementWriter {
 public:
  ElementWriter(Function& function, const Step& step)
      : function_(function),
        operation_(*step.operation),
        result_(step.writes.front()),
        sizes_(function.sizes(result_)) {}

  void write() {
    pattern_ = kPatterns.at(operation_.name)(operation_);
    choose_type();
    fill_in_helpers();
    accesses_ = {function_.access(result_)};
    for (const auto& argument : operation_.arguments) fill_in(argument);
    function_.also(operation_.plain_name());
    function_.lines(loops(sizes_, accesses_, [&](const auto& elements) {
      std::string text = pattern_;
      for (size_t i = 1; i < elements.size(); ++i)
        replace(text, fmt::format("<{}>", i), casts_[i - 1] + elements[i]);
      return elements.front() + " = " + cast_of_result(text) + ";";
    }));
  }

 private:
  Function& function_;
  const Operation& operation_;
  ValueId result_;
  std::vector<int64_t> sizes_;
  std::string pattern_;
  Type type_ = Type::Float;  // in which it is computed
  std::vector<Access> accesses_;
  std::vector<std::string> casts_;

  static void replace(std::string& text, const std::string& from, const std::string& to) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  }

  /// Comparisons and casts are computed in what they read, all others in what they give.
  void choose_type() {
    type_ = function_.type(result_);
    if (is_cast(operation_.name) || type_ == Type::Byte) type_ = type_of_reads();
    const bool wraps =
        function_.graph().value(result_).type == at::kByte && !is_cast(operation_.name);
    if (wraps || (type_ != Type::Float && is_of_floats(pattern_))) {
      throw Error("{}: expected numbers of float32 for C, found {}", operation_.where(),
                  c10::toString(function_.graph().value(result_).type));
    }
  }

  Type type_of_reads() const {
    Type type = Type::Byte;
    for (const auto& argument : operation_.arguments) {
      const auto* id = std::get_if<ValueId>(&argument.content);
      const bool is_real = id ? c10::isFloatingType(function_.graph().value(*id).type)
                              : std::holds_alternative<double>(argument.content);
      if (is_real) return Type::Float;
      if (id && function_.type(*id) == Type::Whole) type = Type::Whole;
    }
    return type;
  }

  void fill_in_helpers() {
    const size_t at = pattern_.find('@');
    if (at == std::string::npos) return;
    const size_t end = pattern_.find('(', at);
    const std::string name = pattern_.substr(at + 1, end - at - 1);
    pattern_ = pattern_.substr(0, at) + function_.helper(name) + pattern_.substr(end);
  }

  void fill_in(const Argument& argument) {
    const std::string place = "{" + argument.name + "}";
    if (pattern_.find(place) == std::string::npos) return;
    const auto* id = std::get_if<ValueId>(&argument.content);
    if (!id) return replace(pattern_, place, literal(operation_.number(argument.name), type_));
    const auto known = function_.known(*id);
    if (known && known->numel() == 1)
      return replace(pattern_, place, literal(known->item<double>(), type_));
    accesses_.push_back(broadcast(function_, *id, sizes_));
    const bool is_real = c10::isFloatingType(function_.graph().value(*id).type);
    casts_.push_back(cast_to(is_real ? Type::Float : function_.type(*id), argument.name));
    replace(pattern_, place, fmt::format("<{}>", casts_.size()));
  }

  std::string cast_to(Type from, const std::string& argument) const {
    const bool as_it_is = from == type_ || argument == "condition" || is_cast(operation_.name);
    return as_it_is ? "" : fmt::format("({})", type_name(type_));
  }

  std::string cast_of_result(const std::string& text) const {
    if (!is_cast(operation_.name) || type_ == function_.type(result_)) return text;
    if (function_.graph().value(result_).type == at::kBool) return text + " != 0";
    return fmt::format("({}){}", type_name(function_.type(result_)), text);
  }
};

}  // namespace

bool is_cast(const std::string& operation) {
  return operation == "aten::to" || operation == "aten::_to_copy";
}

bool is_elementwise(const std::string& operation) { return kPatterns.contains(operation); }

void write_elementwise(Function& function, const Step& step) {
  ElementWriter(function, step).write();
}

}  // namespace hourglass::formats::c
