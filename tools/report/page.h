// The web page that shows a run, as one file that needs no other and asks for none: style, script and data are in it,
// and its Content-Security-Policy forbids everything else.
//
//   std::string html = MakePage(data);
#ifndef TOOLS_REPORT_PAGE_H_
#define TOOLS_REPORT_PAGE_H_

#include <string>

#include "nlohmann/json.hpp"

namespace sg::report {

// `data` is what page.js reads: run_report.cc makes it. Its texts may contain anything.
std::string MakePage(const nlohmann::ordered_json& data);

// JSON that may stand in a script element, whatever it contains: no text in it can end the element or begin a comment,
// and everything that is not ASCII or not UTF-8 is escaped or replaced.
std::string JsonForScript(const nlohmann::ordered_json& data);

}  // namespace sg::report

#endif  // TOOLS_REPORT_PAGE_H_
