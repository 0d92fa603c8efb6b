#include "gan/train/class_names.h"

#include "nlohmann/json.hpp"

namespace sg::gan {
namespace {

using Json = nlohmann::json;

constexpr char kClassNames[] = "data.classes";
constexpr size_t kMaxBytes = size_t{64} << 10;  // The JSON parser takes eighty times the length of a hostile text.

}  // namespace

void AddClassNames(const std::vector<std::string>& names, Metadata* metadata) {
  if (names.empty()) return;
  std::string text = Json(names).dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  if (text.size() <= kMaxBytes) (*metadata)[kClassNames] = std::move(text);
}

std::vector<std::string> ReadClassNames(const Metadata& metadata, int64_t classes) {
  const auto text = metadata.find(kClassNames);
  if (text == metadata.end() || text->second.size() > kMaxBytes) return {};
  const Json list = Json::parse(text->second, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!list.is_array() || static_cast<int64_t>(list.size()) != classes) return {};
  std::vector<std::string> names;
  for (const Json& name : list) {
    if (!name.is_string()) return {};
    names.push_back(name.get<std::string>());
  }
  return names;
}

}  // namespace sg::gan
