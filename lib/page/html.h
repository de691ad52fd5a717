#pragma once
// Pieces of HTML. Names of layers and files come from whoever made the model: every text goes
// through escaped() or script_json().
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "page/report_json.h"

namespace actsparse {

/// The text as HTML, in an element or in a quoted attribute. Control characters, which HTML forbids
/// or a reader cannot see, become U+FFFD; so do bytes that are not UTF-8.
std::string escaped(std::string_view text);

/// JSON that can stand in a script element: nothing in it ends the element or starts a comment.
std::string script_json(const ReportJson& document);

/// `<name attributes>content</name>`; `content` and `attributes` are HTML.
std::string element(std::string_view name, std::string_view content,
                    std::string_view attributes = "");

/// A paragraph of plain text.
std::string paragraph(std::string_view text, std::string_view attributes = "");

/// A `<section>` with a heading; nothing if `content` is empty. `id` is a name of our own.
std::string section(std::string_view id, std::string_view title, std::string_view content);

/// {{name}} in `pattern` replaced by the HTML of that name, once and from left to right: what is
/// filled in is not looked at again.
std::string filled(std::string_view pattern,
                   const std::vector<std::pair<std::string_view, std::string_view>>& values);

}  // namespace actsparse
