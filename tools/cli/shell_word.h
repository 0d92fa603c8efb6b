// Paths in commands: how to print one for a shell, and how to read one that a shell has not expanded.
#ifndef TOOLS_CLI_SHELL_WORD_H_
#define TOOLS_CLI_SHELL_WORD_H_

#include <string>

namespace sg::cli {

// A path as one word of a shell's command line: "a/b.zip" stays, "my photos" becomes "'my photos'". A name with
// characters that io::Printable would replace becomes "$'a\\012b'", which bash, zsh and ksh read: it can be shown on a
// terminal and pasted as it is.
std::string ShellWord(const std::string& path);

// Replaces a leading "~" or "~name" by the home folder of the user or of `name`, as a shell does, except behind the '='
// of a flag. Text without it, and one with an unknown name, stays. "./~" means the file of that name.
std::string ExpandTilde(const std::string& text);

}  // namespace sg::cli

#endif  // TOOLS_CLI_SHELL_WORD_H_
