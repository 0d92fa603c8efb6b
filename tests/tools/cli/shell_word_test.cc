#include "tools/cli/shell_word.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"

namespace sg::cli {
namespace {

// What a shell makes of a word.
std::string ReadByShell(const std::string& word) {
  FILE* shell = popen(("printf %s " + word).c_str(), "r");
  std::string text;
  for (int c; (c = std::fgetc(shell)) != EOF;) text += static_cast<char>(c);
  EXPECT_EQ(pclose(shell), 0) << word;
  return text;
}

TEST(ShellWord, LeavesPlainPaths) {
  for (const char* path : {"a", "training-runs/00000-quick-emoji-batch8-gamma0.3", "/data/x_1.zip", "a@b:c,d%e+f="}) {
    EXPECT_EQ(ShellWord(path), path);
  }
}

TEST(ShellWord, IsReadBackByAShell) {
  for (const char* path : {"my photos", "it's", "''", "$HOME", "`date`", "a\"b", "a\\b", "a;b", "a&b", "*", "(1)",
                           "new\nline", "\xC3\xA9t\xC3\xA9", "#1", "!!", ""}) {
    EXPECT_EQ(ReadByShell(ShellWord(path)), path);
  }
}

TEST(ShellWord, ATildeIsNotExpandedByTheProgramEither) {
  EXPECT_EQ(ReadByShell(ShellWord("~/runs")), "./~/runs");
  EXPECT_EQ(ExpandTilde("./~/runs"), "./~/runs");
}

TEST(ExpandTilde, MeansAHomeFolder) {
  setenv("HOME", "/elsewhere/somebody", 1);
  EXPECT_EQ(ExpandTilde("~"), "/elsewhere/somebody");
  EXPECT_EQ(ExpandTilde("~/photos.zip"), "/elsewhere/somebody/photos.zip");
  EXPECT_EQ(ExpandTilde("~root/x"), std::string(getpwnam("root")->pw_dir) + "/x");
  unsetenv("HOME");
  EXPECT_EQ(ExpandTilde("~/x"), std::string(getpwuid(getuid())->pw_dir) + "/x");
}

TEST(ExpandTilde, LeavesOtherText) {
  for (const char* text : {"", "a~", "a/~/b", "./~", "~no-such-user/x", "latest"}) EXPECT_EQ(ExpandTilde(text), text);
}

}  // namespace
}  // namespace sg::cli
