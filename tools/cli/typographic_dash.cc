#include "tools/cli/typographic_dash.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace sg::cli {

std::string WithPlainDashes(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\xE2\x80\x90", "-"},    // U+2010, hyphen
                                    {"\xE2\x80\x91", "-"},    // U+2011, hyphen at which no line breaks
                                    {"\xE2\x80\x92", "-"},    // U+2012, dash as wide as a digit
                                    {"\xE2\x80\x93", "-"},    // U+2013, en dash
                                    {"\xE2\x80\x94", "-"},    // U+2014, em dash
                                    {"\xE2\x80\x95", "-"},    // U+2015, bar
                                    {"\xE2\x88\x92", "-"},    // U+2212, minus sign
                                    {"\xEF\xB9\xA3", "-"},    // U+FE63, small hyphen
                                    {"\xEF\xBC\x8D", "-"}});  // U+FF0D, wide hyphen
}

std::string DashAdvice(absl::string_view to_type) {
  return absl::StrCat("it has a dash that is not the one of the keyboard, as copied text often has: type ", to_type);
}

}  // namespace sg::cli
