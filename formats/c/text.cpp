#include "hourglass/formats/c/text.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <numeric>

namespace hourglass::formats::c {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

const char* type_name(Type type) {
  switch (type) {
    case Type::Float: return "float";
    case Type::Whole: return "long";
    case Type::Byte: return "unsigned char";
  }
  return "";
}

int64_t type_bytes(Type type) { return type == Type::Byte ? 1 : 4; }

Type type_of(at::ScalarType type, const std::string& where) {
  switch (type) {
    case at::kDouble:
    case at::kFloat: return Type::Float;
    case at::kLong:
    case at::kInt: return Type::Whole;
    case at::kByte:
    case at::kBool: return Type::Byte;
    default: break;
  }
  throw Error("{}: expected float32, float64, int64, int32, uint8 or bool for C, found {}", where,
              c10::toString(type));
}

std::string identifier(const std::string& text) {
  std::string name;
  for (const char c : text) name += is_letter(c) || is_digit(c) ? c : '_';
  if (name.find_first_not_of('_') == std::string::npos) return "model";
  // Names that begin with an underscore are the compiler's.
  return is_letter(name.front()) ? name : "model_" + name.substr(name.find_first_not_of('_'));
}

std::string comment_text(std::string text) {
  for (char& c : text)
    if (std::iscntrl(static_cast<unsigned char>(c))) c = ' ';
  // "*/" ends a comment, "/*" and trigraphs are warned of.
  replace_all(text, "*/", "* /");
  replace_all(text, "/*", "/ *");
  replace_all(text, "??", "? ?");
  return text;
}

std::string literal(double value, Type type) {
  if (type != Type::Float) return fmt::format("{}", static_cast<int64_t>(value));
  const auto number = static_cast<float>(value);
  if (std::isnan(number)) return "NAN";
  if (std::isinf(number)) return number > 0 ? "INFINITY" : "-INFINITY";
  std::string text = fmt::format("{:.9g}", number);
  // The shorter text where it is the same number: 0.1 rather than 0.100000001.
  const std::string shortest = fmt::format("{}", number);
  if (shortest.size() < text.size()) text = shortest;
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text + "f";
}

std::string sizes_text(const std::vector<int64_t>& sizes) {
  std::vector<std::string> parts;
  parts.reserve(sizes.size());
  for (const int64_t size : sizes) parts.push_back(fmt::format("{}", size));
  return parts.empty() ? "1" : join_text(parts, " x ");
}

int64_t product(const std::vector<int64_t>& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
}

Names::Names()
    : taken_({"auto",      "break",    "case",     "char",     "const",    "continue", "default",
              "do",        "double",   "else",     "enum",     "extern",   "float",    "for",
              "goto",      "if",       "inline",   "int",      "long",     "register", "restrict",
              "return",    "short",    "signed",   "sizeof",   "static",   "struct",   "switch",
              "typedef",   "union",    "unsigned", "void",     "volatile", "while",    "bool",
              "i",         "j",        "k",        "l",        "m",        "n",        "best",
              "sum",       "place",    "asm",      "main",     "class",    "new",      "delete",
              "this",      "template", "typename", "operator", "private",  "public",   "virtual",
              "namespace", "using",    "try",      "catch",    "throw",    "true",     "false",
              "friend",    "protected"}) {
  taken_.insert(kMathNames.begin(), kMathNames.end());
}

std::string Names::take(const std::string& wanted) {
  std::string name = wanted;
  for (int count = 2; !taken_.insert(name).second; ++count)
    name = fmt::format("{}_{}", wanted, count);
  return name;
}

}  // namespace hourglass::formats::c
