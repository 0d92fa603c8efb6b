#include "tools/report/page.h"

#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "tools/report/page_source.h"

namespace sg::report {

std::string JsonForScript(const nlohmann::ordered_json& data) {
  const std::string json =
      data.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/true, nlohmann::ordered_json::error_handler_t::replace);
  // These occur in texts only, where JSON may write them so.
  return absl::StrReplaceAll(json, {{"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}});
}

std::string MakePage(const nlohmann::ordered_json& data) {
  constexpr absl::string_view kData = "{{data}}";
  const std::string page = absl::StrReplaceAll(kPageHtml, {{"{{style}}", kPageCss},
                                                           {"{{style_hash}}", kPageCssHash},
                                                           {"{{script}}", kPageJs},
                                                           {"{{script_hash}}", kPageJsHash}});
  const size_t at = page.find(kData.data(), 0, kData.size());
  SG_CHECK(at != std::string::npos) << "[MakePage] page.html has no " << kData;
  std::string html = page.substr(0, at);
  html += JsonForScript(data);
  html.append(page, at + kData.size(), std::string::npos);
  return html;
}

}  // namespace sg::report
