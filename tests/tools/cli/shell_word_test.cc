#include "tools/cli/shell_word.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "engine/io/printable.h"
#include "gtest/gtest.h"

namespace sg::cli {
namespace {

// What a shell makes of a word. A file holds the command, like a line that is pasted.
std::string ReadByShell(const std::string& word, const std::string& name = "sh") {
  const std::string file = testing::TempDir() + "/command";
  std::ofstream(file) << "printf %s " << word << "\n";
  FILE* shell = popen((name + " " + file).c_str(), "r");
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
                           "\xC3\xA9t\xC3\xA9", "#1", "!!", ""}) {
    EXPECT_EQ(ReadByShell(ShellWord(path)), path);
  }
}

// A terminal would execute some of these, and a paste would run what follows a line break.
TEST(ShellWord, WhatATerminalWouldExecuteIsEscapedAndReadBack) {
  for (const char* path : {"new\nline", "a\n1", "\x1b[2J", "it's\r", "back\\slash\t$HOME", "\xff",
                           "\xE2\x80\xAEgpj.exe", "\x7f \"`date`\n"}) {
    const std::string word = ShellWord(path);
    EXPECT_EQ(io::Printable(word), word);
    EXPECT_EQ(ReadByShell(word, "bash"), path);
  }
  EXPECT_EQ(ShellWord("a\n1"), "$'a\\0121'");
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
