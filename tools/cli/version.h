// The release that --version prints and that written files name as their origin.
#ifndef TOOLS_CLI_VERSION_H_
#define TOOLS_CLI_VERSION_H_

namespace sg::cli {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace sg::cli

#endif  // TOOLS_CLI_VERSION_H_
