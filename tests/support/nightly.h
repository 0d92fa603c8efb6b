// Sizes of tests whose full size takes too long for every change.
//
//   const int kills = Nightly(/*otherwise=*/5, 500);
#ifndef TESTS_SUPPORT_NIGHTLY_H_
#define TESTS_SUPPORT_NIGHTLY_H_

#include <cstdlib>

namespace sg {

// `nightly` if tests/nightly.sh runs the test, which sets SG_NIGHTLY.
template <typename T>
T Nightly(T otherwise, T nightly) {
  return std::getenv("SG_NIGHTLY") != nullptr ? nightly : otherwise;
}

}  // namespace sg

#endif  // TESTS_SUPPORT_NIGHTLY_H_
