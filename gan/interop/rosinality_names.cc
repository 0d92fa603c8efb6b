#include "gan/interop/rosinality_names.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sg::gan {
namespace {

constexpr double kUpScale = 4;  // of a filter that follows an insertion of zeros

class NameList {
 public:
  void Add(std::string theirs, std::string foreign, RosinalityWrap wrap = RosinalityWrap::kSame,
           bool optional = false) {
    names.push_back({std::move(theirs), std::move(foreign), wrap, optional});
  }

  void Modulated(absl::string_view theirs, absl::string_view foreign) {
    Add(absl::StrCat(theirs, ".conv.weight"), absl::StrCat(foreign, ".weight"), RosinalityWrap::kLeadingOne);
    for (const char* part : {"weight", "bias"}) {
      Add(absl::StrCat(theirs, ".conv.modulation.", part), absl::StrCat(foreign, ".affine.", part));
    }
  }

  void StyledConv(absl::string_view theirs, absl::string_view foreign) {
    Modulated(theirs, foreign);
    Add(absl::StrCat(theirs, ".noise.weight"), absl::StrCat(foreign, ".noise_strength"), RosinalityWrap::kOneElement);
    Add(absl::StrCat(theirs, ".activate.bias"), absl::StrCat(foreign, ".bias"));
  }

  void ToRgb(absl::string_view theirs, absl::string_view foreign) {
    Modulated(theirs, foreign);
    Add(absl::StrCat(theirs, ".bias"), absl::StrCat(foreign, ".bias"), RosinalityWrap::kImageBias);
  }

  // A layer whose weight and bias are in two modules of a sequence.
  void Layer(absl::string_view weight, absl::string_view bias, absl::string_view foreign) {
    Add(absl::StrCat(weight, ".weight"), absl::StrCat(foreign, ".weight"));
    Add(absl::StrCat(bias, ".bias"), absl::StrCat(foreign, ".bias"));
  }

  std::vector<RosinalityName> names;
};

}  // namespace

std::vector<RosinalityName> RosinalityGeneratorNames(int sizes, int mapping_layers) {
  NameList list;
  for (int i = 0; i < mapping_layers; ++i) {
    const std::string style = absl::StrCat("style.", i + 1);  // style.0 normalizes
    list.Layer(style, style, absl::StrCat("mapping.fc", i));
  }
  list.Add("input.input", "synthesis.b4.const", RosinalityWrap::kLeadingOne);
  list.StyledConv("conv1", "synthesis.b4.conv1");
  list.ToRgb("to_rgb1", "synthesis.b4.torgb");
  for (int i = 1; i < sizes; ++i) {
    const std::string block = absl::StrCat("synthesis.b", 4 << i);
    list.StyledConv(absl::StrCat("convs.", 2 * i - 2), block + ".conv0");
    list.StyledConv(absl::StrCat("convs.", 2 * i - 1), block + ".conv1");
    list.ToRgb(absl::StrCat("to_rgbs.", i - 1), block + ".torgb");
  }
  for (int layer = 0; layer < 2 * sizes - 1; ++layer) {
    list.Add(absl::StrCat("noises.noise_", layer),
             absl::StrCat("synthesis.b", 4 << (layer + 1) / 2, layer % 2 == 1 ? ".conv0" : ".conv1", ".noise_const"),
             RosinalityWrap::kNoiseMap, /*optional=*/true);
  }
  return std::move(list.names);
}

std::vector<RosinalityName> RosinalityDiscriminatorNames(int sizes) {
  NameList list;
  const int resolution = 2 << sizes;
  list.Layer("convs.0.0", "convs.0.1", absl::StrCat("b", resolution, ".fromrgb"));
  for (int i = 1; i < sizes; ++i) {
    const std::string theirs = absl::StrCat("convs.", i), block = absl::StrCat("b", resolution >> (i - 1));
    list.Layer(theirs + ".conv1.0", theirs + ".conv1.1", block + ".conv0");
    list.Layer(theirs + ".conv2.1", theirs + ".conv2.2", block + ".conv1");
    list.Add(theirs + ".skip.1.weight", block + ".skip.weight");
  }
  list.Layer("final_conv.0", "final_conv.1", "b4.conv");
  list.Layer("final_linear.0", "final_linear.0", "b4.fc");
  list.Layer("final_linear.1", "final_linear.1", "b4.out");
  return std::move(list.names);
}

std::vector<RosinalityFilter> RosinalityGeneratorFilters(int sizes) {
  std::vector<RosinalityFilter> filters;
  for (int i = 1; i < sizes; ++i) {
    filters.push_back({absl::StrCat("convs.", 2 * i - 2, ".conv.blur.kernel"), kUpScale});
    filters.push_back({absl::StrCat("to_rgbs.", i - 1, ".upsample.kernel"), kUpScale});
  }
  return filters;
}

std::vector<RosinalityFilter> RosinalityDiscriminatorFilters(int sizes) {
  std::vector<RosinalityFilter> filters;
  for (int i = 1; i < sizes; ++i) {
    filters.push_back({absl::StrCat("convs.", i, ".conv2.0.kernel"), 1});
    filters.push_back({absl::StrCat("convs.", i, ".skip.0.kernel"), 1});
  }
  return filters;
}

Shape WrappedShape(RosinalityWrap wrap, const Shape& shape) {
  Shape wrapped;
  switch (wrap) {
    case RosinalityWrap::kSame: return shape;
    case RosinalityWrap::kOneElement: return {1};
    case RosinalityWrap::kImageBias: return {1, shape[0], 1, 1};
    case RosinalityWrap::kNoiseMap: return {1, 1, shape[0], shape[1]};
    case RosinalityWrap::kLeadingOne: break;
  }
  wrapped.Append(1);
  for (const int64_t extent : shape) wrapped.Append(extent);
  return wrapped;
}

std::optional<Shape> UnwrappedShape(RosinalityWrap wrap, const Shape& shape) {
  const int rank = shape.rank();
  Shape unwrapped = shape;
  switch (wrap) {
    case RosinalityWrap::kSame: break;
    case RosinalityWrap::kOneElement: unwrapped = Shape(); break;
    case RosinalityWrap::kImageBias:
      if (rank != 4) return std::nullopt;
      unwrapped = {shape[1]};
      break;
    case RosinalityWrap::kNoiseMap:
      if (rank != 4) return std::nullopt;
      unwrapped = {shape[2], shape[3]};
      break;
    case RosinalityWrap::kLeadingOne:
      if (rank < 2) return std::nullopt;
      unwrapped = Shape(shape.begin() + 1, shape.end());
      break;
  }
  if (unwrapped.rank() > 5 || WrappedShape(wrap, unwrapped) != shape) return std::nullopt;
  return unwrapped;
}

}  // namespace sg::gan
