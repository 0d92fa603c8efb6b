// The kernels' interface to oneDNN: checked calls, the engine, compiled primitives that take their scratchpad from the
// pool, and a cache of primitives keyed by geometry. Uses the C interface, since the C++ one reports errors by
// exceptions.
//
// Primitives are compiled for the current number of OpenMP threads, so every key must include it.
#ifndef ENGINE_BACKEND_CPU_ONEDNN_ONEDNN_H_
#define ENGINE_BACKEND_CPU_ONEDNN_ONEDNN_H_

#include <dnnl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "absl/types/span.h"
#include "engine/backend/common/byte_key.h"
#include "engine/base/dtype.h"

namespace sg::cpu {

// Aborts, naming the call, the error and the source location, if the call fails.
#define SG_DNNL(call) ::sg::cpu::CheckDnnl((call), #call, __FILE__, __LINE__)
void CheckDnnl(dnnl_status_t status, const char* call, const char* file, int line);

dnnl_engine_t DnnlEngine();
dnnl_data_type_t DnnlType(DType dtype);  // f32 and bf16
// Whether the processor multiplies bf16 (AVX512_BF16 or better), and whether it has AVX-512; false if oneDNN may not
// use them.
bool HasBf16Instructions();
bool HasAvx512Instructions();
const char* InstructionSet();  // the instruction set for which oneDNN generates code: "AVX2"

// Describes a dense tensor. `tag` may be dnnl_format_tag_any.
dnnl_memory_desc_t MakeDesc(absl::Span<const int64_t> dims, DType dtype, dnnl_format_tag_t tag);
dnnl_memory_desc_t MakeStridedDesc(absl::Span<const int64_t> dims, DType dtype, absl::Span<const int64_t> strides);

struct PrimitiveDescDeleter {
  void operator()(dnnl_primitive_desc_t desc) const { dnnl_primitive_desc_destroy(desc); }
};
using PrimitiveDesc = std::unique_ptr<dnnl_primitive_desc, PrimitiveDescDeleter>;

// A text that is equal for equal blocked layouts of the same extents and type.
std::string LayoutName(const dnnl_memory_desc_t& desc);

// The implementation that oneDNN picks for an operation (a dnnl_..._desc_t), or null if it has none. For backward
// operations, `hint` is the forward description. If `runtime_scale`, output scales are passed at execution.
PrimitiveDesc MakePrimitiveDesc(const void* operation, const PrimitiveDesc& hint, bool runtime_scale = false);
PrimitiveDesc MakeReorderDesc(const dnnl_memory_desc_t& from, const dnnl_memory_desc_t& to);
// Whether oneDNN has no implementation or only its scalar reference code. f32 is then preferable to bf16.
bool IsPoor(const PrimitiveDesc& desc);

struct PrimitiveArgument {
  int index;  // DNNL_ARG_...
  const dnnl_memory_desc_t* desc;
  const void* data;
};

// A compiled primitive. Several threads may call Execute at once.
class Primitive {
 public:
  explicit Primitive(PrimitiveDesc desc);
  ~Primitive() { dnnl_primitive_destroy(primitive_); }
  Primitive(const Primitive&) = delete;
  Primitive& operator=(const Primitive&) = delete;

  const dnnl_memory_desc_t& desc(dnnl_query_t what) const;  // dnnl_query_..._md
  void Execute(absl::Span<const PrimitiveArgument> arguments) const;

 private:
  PrimitiveDesc desc_;
  dnnl_primitive_t primitive_ = nullptr;
  const dnnl_memory_desc_t* scratchpad_;
};

// Compiled entries by key. Entries are never dropped, since a model has few geometries. Key must be a struct of
// integers without padding.
template <typename Key, typename Value>
class PrimitiveCache {
 public:
  // Returns the entry for `key`. On first use, creates it by `make`, which returns a std::unique_ptr<Value>.
  template <typename Make>
  const Value& Get(const Key& key, Make make) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::unique_ptr<Value>& entry = entries_[key];
    if (entry == nullptr) entry = make(key);
    return *entry;
  }

 private:
  std::mutex mutex_;
  ByteKeyMap<Key, std::unique_ptr<Value>> entries_;
};

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_ONEDNN_ONEDNN_H_
