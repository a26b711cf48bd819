#include "hourglass/cli/man_page.h"

#include "hourglass/core/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <cstdint>

namespace hourglass::cli {
namespace {

std::string upper_case(std::string text) {
  for (char& letter : text) {
    letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  }
  return text;
}

/// The code point that begins at text[at], and `at` behind it; of valid UTF-8.
uint32_t next_character(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0U; };
  const auto leading = std::countl_one(static_cast<uint8_t>(text[at]));
  uint32_t code = byte(at++) & (leading == 0 ? 0x7FU : 0xFFU >> (leading + 1));
  for (int i = 1; i < leading; ++i) code = code << 6U | (byte(at++) & 0x3FU);
  return code;
}

}  // namespace

std::string man_text(std::string_view text) {
  // A dot or quote at the beginning of a line would be a command.
  std::string escaped = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (size_t at = 0; at < text.size();) {
    const uint32_t code = next_character(text, at);
    if (code == '\\') {
      escaped += "\\e";
    } else if (code == '-') {
      escaped += "\\-";  // a dash that can be copied, not a hyphen
    } else if (code >= 0x80) {
      escaped += fmt::format("\\[u{:04X}]", code);
    } else {
      escaped += static_cast<char>(code);
    }
  }
  return escaped;
}

ManPage::ManPage(const std::string& name, const std::string& summary) {
  text_ = fmt::format(
      ".\\\" Made of the program's own table of options.\n"
      ".TH {} 1 \"\" \"Hourglass {}\" \"Hourglass\"\n.nh\n.ad l\n.SH NAME\n{} \\- {}\n",
      man_text(upper_case(name)), kVersion, man_text(name), man_text(summary));
}

void ManPage::synopsis(const std::string& command, const std::string& arguments) {
  section("SYNOPSIS");
  text_ += fmt::format("\\fB{}\\fR {}\n", man_text(command), man_text(arguments));
}

void ManPage::section(const std::string& title) {
  text_ += ".SH " + man_text(title) + "\n";
  at_section_ = true;
}

void ManPage::subsection(const std::string& title) { text_ += ".SS " + man_text(title) + "\n"; }

void ManPage::paragraph(const std::string& text) {
  begin_paragraph();
  text_ += man_text(text) + "\n";
}

void ManPage::entry(const std::string& term, const std::string& argument, const std::string& text) {
  text_ += fmt::format(".TP\n\\fB{}\\fR", man_text(term));
  if (!argument.empty()) text_ += fmt::format(" \\fI{}\\fR", man_text(argument));
  text_ += "\n" + man_text(text) + "\n";
}

void ManPage::command(const std::string& line) {
  begin_paragraph();
  text_ += ".nf\n" + man_text(line) + "\n.fi\n";
}

void ManPage::begin_paragraph() {
  if (!at_section_) text_ += ".PP\n";
  at_section_ = false;
}

}  // namespace hourglass::cli
