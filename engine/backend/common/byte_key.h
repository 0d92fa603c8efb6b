// A map for caches whose keys are structs of integers: keys are hashed and compared as bytes, so a key type only names
// its fields. A key type with padding does not compile.
//
//   struct PlanKey {
//     int64_t rows, columns;
//   };
//   ByteKeyMap<PlanKey, Plan> plans;
//   const auto [entry, is_new] = plans.try_emplace({3, 4});
#ifndef ENGINE_BACKEND_COMMON_BYTE_KEY_H_
#define ENGINE_BACKEND_COMMON_BYTE_KEY_H_

#include <cstddef>
#include <cstring>
#include <functional>
#include <string_view>
#include <type_traits>
#include <unordered_map>

namespace sg {

template <typename Key>
struct ByteHash {
  static_assert(std::has_unique_object_representations_v<Key>, "a key must not have padding or floats");

  size_t operator()(const Key& key) const {
    return std::hash<std::string_view>()({reinterpret_cast<const char*>(&key), sizeof key});
  }
};

template <typename Key>
struct ByteEqual {
  bool operator()(const Key& a, const Key& b) const { return std::memcmp(&a, &b, sizeof a) == 0; }
};

// References to values stay valid until the entry is erased.
template <typename Key, typename Value>
using ByteKeyMap = std::unordered_map<Key, Value, ByteHash<Key>, ByteEqual<Key>>;

}  // namespace sg

#endif  // ENGINE_BACKEND_COMMON_BYTE_KEY_H_
