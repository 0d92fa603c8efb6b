// Opens the trainer as a shared library, and runs a step on the planning device through it.

#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"

namespace {

TEST(SharedLibrary, PlansAStep) {
  const std::string path = std::string(std::getenv("TEST_SRCDIR")) + "/stylegan2/tests/shared_library/libstylegan2.so";
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  const auto peak_bytes = reinterpret_cast<int64_t (*)()>(dlsym(library, "Stylegan2PeakBytes"));
  ASSERT_NE(peak_bytes, nullptr) << dlerror();
  EXPECT_GT(peak_bytes(), 0);
}

}  // namespace
