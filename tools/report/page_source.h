// The files page.html and page.css, and the script of text.js, plot.js and page.js, compiled in by make_page_source.sh.
#ifndef TOOLS_REPORT_PAGE_SOURCE_H_
#define TOOLS_REPORT_PAGE_SOURCE_H_

namespace sg::report {

extern const char kPageHtml[], kPageCss[], kPageJs[];
// "'sha256-...'" of the style and of the script, as a Content-Security-Policy names them.
extern const char kPageCssHash[], kPageJsHash[];

}  // namespace sg::report

#endif  // TOOLS_REPORT_PAGE_SOURCE_H_
