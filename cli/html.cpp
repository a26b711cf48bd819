#include "hourglass/cli/html.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/digest.h"

#include <cstdint>

namespace hourglass::cli {

namespace embedded {
std::string_view report_style();  // report.css
}

namespace {

/// Pictures are drawn for paper; so many of their pixels make one of the page.
constexpr double kPicturePixels = 2.5;

std::string class_attribute(std::string_view css_class) {
  return css_class.empty() ? "" : fmt::format(" class=\"{}\"", html_text(css_class));
}

/// A big-endian number of four bytes in a PNG file's header.
uint32_t png_number(const std::string& bytes, size_t place) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<uint8_t>(bytes[place + i]);
  return number;
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string escaped;
  for (const char character : text) {
    switch (character) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += character;
    }
  }
  return escaped;
}

std::string html_element(std::string_view name, std::string_view content,
                         std::string_view css_class) {
  return fmt::format("<{}{}>{}</{}>\n", name, class_attribute(css_class), content, name);
}

std::string html_code(std::string_view text) {
  return fmt::format("<code>{}</code>", html_text(text));
}

std::string html_block(std::string_view text) {
  return fmt::format("<pre>{}</pre>\n", html_text(text));
}

std::string html_section(std::string_view title, std::string_view content) {
  return content.empty() ? "" : html_element("h2", html_text(title)) + std::string(content);
}

void HtmlFacts::add(std::string_view term, std::string_view description_html) {
  content_ += html_element("dt", html_text(term)) + html_element("dd", description_html);
}

std::string HtmlFacts::html() const {
  return content_.empty() ? "" : html_element("dl", content_, "facts");
}

HtmlCell text_cell(std::string_view text, std::string css_class) {
  return {html_text(text), std::move(css_class)};
}

HtmlCell number_cell(std::string_view text) { return {html_text(text), "number"}; }

std::string html_table(const std::vector<std::string>& header, const std::vector<HtmlRow>& rows) {
  std::string head, body;
  for (size_t i = 0; i < header.size(); ++i) {
    const std::string css_class = rows.empty() ? "" : rows.front().cells[i].css_class;
    head += fmt::format("<th scope=\"col\"{}>{}</th>", class_attribute(css_class),
                        html_text(header[i]));
  }
  for (const auto& row : rows) {
    std::string cells;
    for (const auto& cell : row.cells) {
      cells += fmt::format("<td{}>{}</td>", class_attribute(cell.css_class), cell.content);
    }
    body += html_element("tr", cells, row.css_class);
  }
  return fmt::format(
      "<div class=\"wide\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody></table></div>"
      "\n",
      head, body);
}

std::string html_image(const std::filesystem::path& png, std::string_view description) {
  const std::string bytes = read_file(png);
  if (!bytes.starts_with("\x89PNG\r\n\x1a\n") || bytes.size() < 24) {
    throw Error("{}: expected a PNG file, found {} bytes of something else", png.string(),
                bytes.size());
  }
  const auto page_pixels = [&](size_t place) {
    return static_cast<int>(png_number(bytes, place) / kPicturePixels);
  };
  return fmt::format(
      "<img width=\"{}\" height=\"{}\" alt=\"{}\" src=\"data:image/png;base64,{}\">\n",
      page_pixels(16), page_pixels(20), html_text(description), formats::base64(bytes));
}

std::string html_figure(const std::filesystem::path& png, std::string_view caption) {
  return html_element("figure",
                      html_image(png, caption) + html_element("figcaption", html_text(caption)));
}

std::string html_page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
      html_text(title), embedded::report_style(), body);
}

}  // namespace hourglass::cli
