// Text for a terminal.
#ifndef ENGINE_IO_PRINTABLE_H_
#define ENGINE_IO_PRINTABLE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sg::io {

// Messages may quote files, and a terminal would execute the control characters of a hostile one. Replaces each byte of
// a control character, of a line or paragraph separator, of a character that reverses the direction of what follows,
// and each byte that is not UTF-8, by its number. Everything else stays, other languages included.
//
//   Printable("a \x1b[2J b") -> "a \\x1b[2J b"
std::string Printable(absl::string_view text);

}  // namespace sg::io

#endif  // ENGINE_IO_PRINTABLE_H_
