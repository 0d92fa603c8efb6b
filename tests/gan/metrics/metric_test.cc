#include "gan/metrics/metric.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ParseMetrics, NamesSeparatedByCommas) {
  EXPECT_THAT(*ParseMetrics("kid_efflite0, pr_efflite0"),
              ElementsAre(Metric::kKernelDistance, Metric::kPrecisionRecall));
  EXPECT_THAT(*ParseMetrics("swd"), ElementsAre(Metric::kSlicedWasserstein));
  EXPECT_THAT(*ParseMetrics(""), IsEmpty());
}

TEST(ParseMetrics, EveryNameOfTheTable) {
  for (const auto& [metric, name] : EnumTable<Metric>::kValues) EXPECT_THAT(*ParseMetrics(name), ElementsAre(metric));
}

TEST(ParseMetrics, ErrorsQuoteTheName) {
  const auto error = [](const char* text) { return std::string(ParseMetrics(text).status().message()); };
  EXPECT_THAT(error("kid_efflite0,fid"), HasSubstr("\"fid\""));
  EXPECT_THAT(error("fid"), HasSubstr("\"fd_efflite0\""));
  EXPECT_THAT(error("swd,"), HasSubstr("\"\""));
  EXPECT_THAT(error("swd,ms_ssim,swd"), HasSubstr("\"swd\" twice"));
}

}  // namespace
}  // namespace sg::gan
