// Memory runs out at one allocation after the other: each call ends with an error, and the model stays usable.
#include "tests/support/allocation_failures.h"

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "tests/gan/c_api/models.h"

namespace sg::c_api {
namespace {

constexpr int64_t kStride = 7;

TEST(AllocationFailures, GenerateIsAnErrorEachTime) {
  Must([](sg2_error** error) { return sg2_set_threads(1, error); });
  const Model model = LoadModel("nvidia_gray.pkl");
  const std::vector<uint8_t> want = Generate(model.get(), {1});
  std::vector<uint8_t> pixels(want.size());
  const uint32_t seed = 1;
  const auto generate = [&]() -> absl::Status {
    sg2_error* error = nullptr;
    const sg2_code code =
        sg2_generate(model.get(), &seed, 1, nullptr, nullptr, SG2_U8, pixels.data(), pixels.size(), &error);
    sg2_error_free(error);
    if (code == SG2_OK) return absl::OkStatus();
    return code == SG2_OUT_OF_MEMORY ? absl::ResourceExhaustedError("") : absl::InternalError("another error");
  };
  WithAllocationsFailing(generate, ExpectNoMemory, kStride);
  EXPECT_EQ(Generate(model.get(), {1}), want);
}

}  // namespace
}  // namespace sg::c_api
