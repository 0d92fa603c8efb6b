#include "tools/nearest_sheet.h"

#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace sg::cli {
namespace {

constexpr char kKeyword[] = "nearest";
constexpr size_t kMaxText = size_t{256} << 10;  // bytes; the JSON parser takes many times that of a hostile text
constexpr size_t kMaxPairs = 1000;
constexpr int kMaxTile = 4096, kMaxColumns = 1000;

// Reads the members of an object that a file may have made up.
class Members {
 public:
  explicit Members(const nlohmann::json& object) : object_(object) {}

  double Number(const char* name, double least, double most) {
    const auto member = object_.find(name);
    const double value = member != object_.end() && member->is_number() ? member->get<double>() : NAN;
    if (value >= least && value <= most) return value;
    ok_ = false;
    return 0;
  }
  template <typename T>
  T Whole(const char* name, double least, double most) {
    return static_cast<T>(Number(name, least, most));
  }
  std::string Text(const char* name) {
    const auto member = object_.find(name);
    if (member != object_.end() && member->is_string()) return member->get<std::string>();
    ok_ = false;
    return "";
  }
  bool ok() const { return ok_; }

 private:
  const nlohmann::json& object_;
  bool ok_ = true;
};

}  // namespace

gan::PngText NearestText(const NearestSheet& sheet) {
  nlohmann::ordered_json text = {{"kimg", sheet.kimg},
                                 {"columns", sheet.columns},
                                 {"gap", sheet.gap},
                                 {"tile_width", sheet.tile_width},
                                 {"tile_height", sheet.tile_height},
                                 {"pictures", sheet.pictures},
                                 {"images", sheet.images},
                                 {"of", sheet.of},
                                 {"protocol", sheet.protocol},
                                 {"median_ratio", sheet.median_ratio},
                                 {"close_ratio", sheet.close_ratio},
                                 {"suspicious", sheet.suspicious},
                                 {"pairs", nlohmann::ordered_json::array()}};
  for (const NearestSheet::Pair& pair : sheet.pairs) {
    text["pairs"].push_back({{"seed", pair.seed}, {"ratio", pair.ratio}, {"name", pair.name}});
  }
  return {kKeyword, text.dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::ordered_json::error_handler_t::replace)};
}

std::optional<NearestSheet> ReadNearestSheet(absl::Span<const gan::PngText> text) {
  constexpr double kMost = 1e15;
  for (const auto& [keyword, value] : text) {
    if (keyword != kKeyword || value.size() > kMaxText) continue;
    const nlohmann::json json = nlohmann::json::parse(value, /*cb=*/nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("pairs") || !json["pairs"].is_array()) continue;
    Members members(json);
    NearestSheet sheet;
    sheet.kimg = members.Number("kimg", 0, kMost);
    sheet.columns = members.Whole<int>("columns", 1, kMaxColumns);
    sheet.gap = members.Whole<int>("gap", 0, kMaxTile);
    sheet.tile_width = members.Whole<int>("tile_width", 1, kMaxTile);
    sheet.tile_height = members.Whole<int>("tile_height", 1, kMaxTile);
    sheet.pictures = members.Whole<int64_t>("pictures", 1, kMost);
    sheet.images = members.Whole<int64_t>("images", 1, kMost);
    sheet.of = members.Whole<int64_t>("of", 1, kMost);
    sheet.protocol = members.Text("protocol");
    sheet.median_ratio = members.Number("median_ratio", 0, kMost);
    sheet.close_ratio = members.Number("close_ratio", 0, kMost);
    sheet.suspicious = members.Whole<int64_t>("suspicious", 0, kMost);
    bool ok = members.ok() && !json["pairs"].empty() && json["pairs"].size() <= kMaxPairs;
    for (const nlohmann::json& entry : json["pairs"]) {
      ok = ok && entry.is_object();
      if (!ok) break;
      Members of_pair(entry);
      NearestSheet::Pair pair;
      pair.seed = of_pair.Whole<int64_t>("seed", 0, kMost);
      pair.ratio = of_pair.Number("ratio", 0, kMost);
      pair.name = of_pair.Text("name");
      ok = of_pair.ok();
      sheet.pairs.push_back(std::move(pair));
    }
    if (ok) return sheet;
  }
  return std::nullopt;
}

std::string NearestSentence(const NearestSheet& sheet) {
  const NearestSheet::Pair& first = sheet.pairs.front();
  return absl::StrCat("nearest of ", sheet.images, sheet.of > sheet.images ? absl::StrCat(" of ", sheet.of) : "",
                      " training images, by ", sheet.protocol, ": at ",
                      absl::StrFormat("%.2f (median) and %.2f (least: seed %d, %s)", sheet.median_ratio, first.ratio,
                                      first.seed, first.name),
                      " of the distance between training images; ", sheet.suspicious, " of ", sheet.pictures,
                      " pictures are nearer than 95 % of those");
}

}  // namespace sg::cli
