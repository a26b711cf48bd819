#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// Pieces of HTML. Every text of a run (names, paths, notes) passes through `html_text`.

namespace hourglass::cli {

/// Text as HTML shows it: "<" becomes "&lt;". Also right for the value of an attribute.
std::string html_text(std::string_view text);

/// "<p class="note">…</p>" around HTML.
std::string html_element(std::string_view name, std::string_view content,
                         std::string_view css_class = "");

/// Text as code within a line, and as a block of lines.
std::string html_code(std::string_view text);
std::string html_block(std::string_view text);

/// A heading and what follows it; "" without content.
std::string html_section(std::string_view title, std::string_view content);

/// Terms and what they are.
class HtmlFacts {
 public:
  void add(std::string_view term, std::string_view description_html);
  /// "" where there are none.
  std::string html() const;

 private:
  std::string content_;
};

/// A table's cell.
struct HtmlCell {
  std::string content;    ///< HTML
  std::string css_class;  ///< "number" to the right, …
};

/// Numbers and texts as cells.
HtmlCell text_cell(std::string_view text, std::string css_class = "");
HtmlCell number_cell(std::string_view text);

struct HtmlRow {
  std::vector<HtmlCell> cells;
  std::string css_class;
};

/// A table; a header's cell takes the class of the first row's cell below it.
std::string html_table(const std::vector<std::string>& header, const std::vector<HtmlRow>& rows);

/// A PNG file within the page, `width` CSS pixels wide where there is room. Throws `Error` where it
/// is no PNG file.
std::string html_image(const std::filesystem::path& png, std::string_view description);

/// The picture with its caption below it.
std::string html_figure(const std::filesystem::path& png, std::string_view caption);

/// A whole page, in the style of all our pages, that needs no other file.
std::string html_page(std::string_view title, std::string_view body);

}  // namespace hourglass::cli
