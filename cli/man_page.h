#pragma once

#include <string>
#include <string_view>

namespace hourglass::cli {

/// A manual page of section 1, in the language of man(7). Texts are plain: what they hold is escaped.
class ManPage {
 public:
  /// "hourglass-encode" and one line of what it does.
  ManPage(const std::string& name, const std::string& summary);

  /// "hourglass encode CKPT [OPTION...]".
  void synopsis(const std::string& command, const std::string& arguments);
  void section(const std::string& title);
  void subsection(const std::string& title);
  void paragraph(const std::string& text);
  /// A term, "--epochs", what it takes, "N", and what it is, indented.
  void entry(const std::string& term, const std::string& argument, const std::string& text);
  /// A line as it is to be typed.
  void command(const std::string& line);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool at_section_ = false;  // nothing stands below its title yet

  void begin_paragraph();
};

/// As man(7) takes it: special characters escaped, all else in ASCII.
std::string man_text(std::string_view text);

}  // namespace hourglass::cli
