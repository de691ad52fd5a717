#pragma once
// Files that are embedded when actsparse is built, as texts.
#include <string_view>

namespace actsparse {

extern const std::string_view page_html;      ///< lib/page/page.html
extern const std::string_view page_css;       ///< lib/page/page.css
extern const std::string_view page_js;        ///< lib/page/page.js
extern const std::string_view chart_licence;  ///< lib/page/chart_licence.txt
extern const std::string_view chart_js;       ///< Chart.js, minified

/// In hex digits.
extern const std::string_view page_js_sha256, chart_js_sha256;

}  // namespace actsparse
