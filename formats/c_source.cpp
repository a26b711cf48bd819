#include "hourglass/formats/c_source.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/c/function.h"
#include "hourglass/formats/c/helpers.h"

#include <algorithm>
#include <map>
#include <memory>

namespace hourglass::formats {
namespace {

constexpr size_t kCommentWidth = 92;

using Functions = std::vector<std::unique_ptr<c::Function>>;

/// Names of functions and helpers, before anything else takes them.
void take_names(const std::vector<Graph>& methods, c::SharedParts& shared) {
  for (const auto& helper : c::helpers()) shared.names.take(shared.prefix + "_" + helper.name);
  for (const auto& method : methods) {
    const std::string name = c::function_name(shared.prefix, method.method);
    if (shared.names.has(name)) {
      throw Error("{}: expected methods of different names for C, found '{}' taken", method.method,
                  name);
    }
    shared.names.take(name);
  }
}

class Comment {
 public:
  explicit Comment(const std::string& first) : text_("/* " + first + "\n") {}

  void paragraph() { text_ += " *\n"; }
  void line(const std::string& line) { text_ += " *   " + line + "\n"; }
  void words(const std::string& words) {
    for (const auto& line : wrap_words(c::comment_text(words), kCommentWidth))
      text_ += " * " + line + "\n";
  }
  std::string text() const { return text_ + " */\n"; }

 private:
  std::string text_;
};

void say_how_to_call(Comment& comment, const c::Function& function) {
  comment.line(join_text(function.example_arrays(), "; ") + ";");
  comment.line(function.example());
}

/// A table of what each function costs.
void say_costs(Comment& comment, const Functions& functions) {
  size_t width = 0;
  for (const auto& function : functions) width = std::max(width, function->name().size());
  for (const auto& function : functions) {
    comment.line(fmt::format("{:<{}} {:>12} multiply-adds {:>10} bytes of working memory",
                             function->name(), width, with_thousands(function->multiply_adds()),
                             with_thousands(function->bytes())));
  }
}

/// "x: 1 x 8 x 8; code: 2", each array once.
std::string shapes_of(const Functions& functions) {
  std::vector<std::string> shapes;
  for (const auto& function : functions) {
    for (const auto& shape : function->shapes()) {
      if (std::find(shapes.begin(), shapes.end(), shape) == shapes.end()) shapes.push_back(shape);
    }
  }
  return join_text(shapes, "; ");
}

/// Whether generated code needs math.h.
bool needs_math(const std::string& code) {
  return std::any_of(c::kMathNames.begin(), c::kMathNames.end(),
                     [&](std::string_view name) { return code.find(name) != std::string::npos; });
}

std::string top_comment(const Functions& functions, const c::SharedParts& shared,
                        const CSourceOptions& options) {
  Comment comment(shared.prefix + ": a trained autoencoder in C99, written by Hourglass.");
  if (!options.facts.empty()) comment.paragraph();
  for (const auto& fact : options.facts) comment.words(fact);
  comment.paragraph();
  comment.words(
      "To use it, compile this file with yours and copy the declarations below. For one item:");
  comment.paragraph();
  say_how_to_call(comment, *functions.front());
  comment.paragraph();
  comment.words("Arrays are without gaps, the last dimension's values side by side: " +
                shapes_of(functions) + ". Arrays of results must not overlap others.");
  comment.paragraph();
  comment.words(fmt::format("Weights: {} bytes of constants. Costs of a call:",
                            with_thousands(shared.arrays.bytes())));
  comment.paragraph();
  say_costs(comment, functions);
  comment.paragraph();
  comment.words(
      "Working memory is on the stack, with long as 4 bytes; nothing is allocated or kept, so that "
      "functions may run at the same time. No library is needed but math.h, its functions of "
      "float.");
  return comment.text();
}

}  // namespace

std::string c_source(const std::vector<Graph>& methods, const CSourceOptions& options) {
  if (methods.empty()) throw Error("expected methods to write as C, found none");
  c::SharedParts shared(c::identifier(options.name));
  take_names(methods, shared);
  Functions functions;
  for (const auto& method : methods)
    functions.push_back(std::make_unique<c::Function>(method, shared));

  std::string declarations, code;
  if (const auto layers = c::helper_texts(shared.helpers, shared.prefix); !layers.empty()) {
    code += "/* ---- Layers */\n\n";
    code += layers;
  }
  code += "/* ---- Functions */\n";
  for (const auto& function : functions) {
    declarations += function->declaration() + ";\n";
    code += '\n';
    code += function->text();
  }
  std::string text = top_comment(functions, shared, options) + "\n";
  if (needs_math(shared.arrays.text() + code)) text += "#include <math.h>\n\n";
  text += "/* ---- Declarations: copy them into a header */\n\n" + declarations + "\n";
  if (!shared.arrays.text().empty()) text += "/* ---- Weights */\n\n" + shared.arrays.text();
  return text + code;
}

}  // namespace hourglass::formats
