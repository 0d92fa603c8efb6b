#include "tools/cli/shell_word.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "engine/io/printable.h"

namespace sg::cli {
namespace {

// Empty if it is not known.
std::string HomeOf(const std::string& user) {
  const char* home = user.empty() ? std::getenv("HOME") : nullptr;
  if (home != nullptr && *home != '\0') return home;
  const passwd* entry = user.empty() ? getpwuid(getuid()) : getpwnam(user.c_str());
  return entry == nullptr ? "" : entry->pw_dir;
}

// The word in the quotes of bash that know escapes. All three digits, because others may follow.
std::string WithEscapes(const std::string& path) {
  std::string word = "$'";
  for (const char c : path) {
    if (!absl::ascii_isprint(c)) {
      absl::StrAppendFormat(&word, "\\%03o", static_cast<unsigned char>(c));
    } else {
      absl::StrAppend(&word, c == '\'' || c == '\\' ? "\\" : "", std::string(1, c));
    }
  }
  return word + "'";
}

}  // namespace

std::string ShellWord(const std::string& path) {
  if (!path.empty() && path[0] == '~') return ShellWord("./" + path);  // ExpandTilde leaves it then
  const bool plain = !path.empty() && std::all_of(path.begin(), path.end(), [](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("_-./:=@%+,", c);
  });
  if (io::Printable(path) != path) return WithEscapes(path);
  return plain ? path : absl::StrCat("'", absl::StrReplaceAll(path, {{"'", "'\\''"}}), "'");
}

std::string ExpandTilde(const std::string& text) {
  if (text.empty() || text[0] != '~') return text;
  const size_t end = std::min(text.find('/'), text.size());
  const std::string home = HomeOf(text.substr(1, end - 1));
  return home.empty() ? text : home + text.substr(end);
}

}  // namespace sg::cli
