// The release of the programs and of the libraries for other languages; written files name it as their origin.
//
//   absl::StrCat("stylegan2.cpp ", kVersion)
#ifndef ENGINE_BASE_VERSION_H_
#define ENGINE_BASE_VERSION_H_

namespace sg {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace sg

#endif  // ENGINE_BASE_VERSION_H_
