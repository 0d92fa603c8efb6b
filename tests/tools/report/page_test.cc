#include "tools/report/page.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::ordered_json;

int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

const char* const kHostile[] = {
    "</script><script>alert(1)</script>",
    "<!--",
    "<!--<script>",
    "-->",
    "]]>",
    "\"}];alert(1);//",
    "\xe2\x80\xa8\xe2\x80\xa9",  // U+2028, U+2029
    "\xff\xfe broken UTF-8",
    "&lt;img src=x onerror=alert(1)&gt;",
    "{{script}}{{data}}{{style}}",
    "\\u003c\\",
    "\x01\x7f",
};

TEST(JsonForScript, NoTextEndsTheScript) {
  for (const char* text : kHostile) {
    const std::string json = JsonForScript({{text, {text, 1.5, nullptr}}});
    for (const char forbidden : {'<', '>', '&'}) EXPECT_EQ(json.find(forbidden), std::string::npos) << json;
    for (const char c : json) EXPECT_TRUE(c >= ' ' && c < 127) << json;
    const Json read = Json::parse(json);
    const bool is_utf8 = std::string(text).find('\xff') == std::string::npos;
    EXPECT_TRUE(!is_utf8 || read.begin().key() == text) << "what is read is the text: " << read;
  }
}

TEST(MakePage, IsOneFileWhateverTheDataSay) {
  const std::string plain = MakePage({{"name", "run"}});
  EXPECT_THAT(plain, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(plain, Not(HasSubstr("{{")));
  EXPECT_THAT(plain, HasSubstr("default-src 'none'; img-src data:; style-src 'sha256-"));
  EXPECT_THAT(plain, HasSubstr("script-src 'sha256-"));
  for (const char* address : {"http:", "https:", "src=\"", "href", "@import", "url("}) {
    std::string text = plain;
    const std::string svg = "http://www.w3.org/2000/svg";  // a name, not an address
    if (const size_t at = text.find(svg); at != std::string::npos) text.erase(at, svg.size());
    EXPECT_THAT(text, Not(HasSubstr(address)));
  }
  for (const char* text : kHostile) {
    const std::string page = MakePage({{"name", text}});
    EXPECT_EQ(Count(page, "<script"), Count(plain, "<script")) << text;
    EXPECT_EQ(Count(page, "</script"), Count(plain, "</script")) << text;
    EXPECT_EQ(Count(page, "<!--"), Count(plain, "<!--")) << text;
    EXPECT_EQ(page.size() - JsonForScript({{"name", text}}).size(),
              plain.size() - JsonForScript({{"name", "run"}}).size());
  }
}

}  // namespace
}  // namespace sg::report
