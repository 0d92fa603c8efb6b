#include "gan/config/enums.h"

#include <string>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

template <typename E>
void ExpectRoundTrip() {
  for (const NamedValue<E>& named : EnumTable<E>::kValues) {
    EXPECT_STREQ(EnumName(named.value), named.name);
    const absl::StatusOr<E> parsed = ParseEnum<E>("choice", named.name);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, named.value);
  }
  EXPECT_EQ(ParseEnum<E>("choice", "neither").status().message(), "choice is \"neither\", must be " + EnumChoices<E>());
}

TEST(Enums, EveryNameIsParsedToItsValue) {
  ExpectRoundTrip<LatentNorm>();
  ExpectRoundTrip<Resampling>();
  ExpectRoundTrip<ImageRange>();
  ExpectRoundTrip<Architecture>();
  ExpectRoundTrip<AdversarialLoss>();
  ExpectRoundTrip<OnBadImage>();
  ExpectRoundTrip<OnDivergence>();
  ExpectRoundTrip<ConvPrecision>();
}

TEST(Enums, AnErrorListsTheChoices) {
  const absl::Status status = ParseEnum<AdversarialLoss>("loss", "wasserstein").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "loss is \"wasserstein\", must be \"hinge\", \"logistic\" or \"relativistic\"");
  EXPECT_FALSE(ParseEnum<AdversarialLoss>("loss", "Hinge").ok());
}

TEST(Enums, ChoicesAreASentence) {
  EXPECT_EQ(internal::QuotedChoices({"a"}), "\"a\"");
  EXPECT_EQ(internal::QuotedChoices({"a", "b", "c"}), "\"a\", \"b\" or \"c\"");
}

}  // namespace
}  // namespace sg::gan
