#include "engine/backend/cpu/onednn/onednn.h"

#include <dnnl_debug.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/backend/cpu/memory/pool.h"
#include "engine/base/check.h"
#include "engine/base/device_failure.h"

namespace sg::cpu {
namespace {

constexpr int kMaxArguments = 6;

// oneDNN does not document streams as shareable between threads; a native CPU stream costs almost nothing.
dnnl_stream_t ThreadStream() {
  struct Stream {
    dnnl_stream_t handle = nullptr;
    Stream() { SG_DNNL(dnnl_stream_create(&handle, DnnlEngine(), dnnl_stream_default_flags)); }
    ~Stream() { dnnl_stream_destroy(handle); }
  };
  thread_local const Stream stream;
  return stream.handle;
}

struct AttrDeleter {
  void operator()(dnnl_primitive_attr_t attr) const { dnnl_primitive_attr_destroy(attr); }
};
using Attr = std::unique_ptr<dnnl_primitive_attr, AttrDeleter>;

// oneDNN's own scratchpad belongs to the primitive. Two threads that run the primitive would corrupt each other's
// results.
Attr UserScratchpad() {
  dnnl_primitive_attr_t attr = nullptr;
  SG_DNNL(dnnl_primitive_attr_create(&attr));
  SG_DNNL(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user));
  return Attr(attr);
}

// Whether oneDNN may use these instructions: the processor has them, and the user has not excluded them.
bool HasIsa(dnnl_cpu_isa_t isa) { return (dnnl_get_effective_cpu_isa() & isa) == isa; }

}  // namespace

void CheckDnnl(dnnl_status_t status, const char* call, const char* file, int line) {
  if (status == dnnl_success) return;
  if (status == dnnl_out_of_memory) {
    DeviceFailure failure;
    failure.kind = DeviceFailure::Kind::kOutOfMemory;
    failure.recoverable = true;
    failure.message = absl::StrCat("[oneDNN] ", call, ": out of memory (", file, ":", line, ")");
    FailDevice(failure);
  }
  internal::CheckFailure(file, line, call).stream() << "oneDNN reports " << dnnl_status2str(status);
}

dnnl_engine_t DnnlEngine() {
  static const dnnl_engine_t engine = [] {
    dnnl_engine_t created = nullptr;
    SG_DNNL(dnnl_engine_create(&created, dnnl_cpu, 0));
    return created;
  }();
  return engine;
}

dnnl_data_type_t DnnlType(DType dtype) {
  SG_CHECK(dtype == DType::kF32 || dtype == DType::kBF16) << "[oneDNN] no " << dtype << " on the CPU backend";
  return dtype == DType::kF32 ? dnnl_f32 : dnnl_bf16;
}

bool HasBf16Instructions() { return HasIsa(dnnl_cpu_isa_avx512_core_bf16); }
bool HasAvx512Instructions() { return HasIsa(dnnl_cpu_isa_avx512_core); }

const char* InstructionSet() {
  if (HasIsa(dnnl_cpu_isa_avx512_core_amx)) return "AVX-512 with AMX";
  if (HasBf16Instructions()) return "AVX-512 with BF16";
  if (HasAvx512Instructions()) return "AVX-512";
  if (HasIsa(dnnl_cpu_isa_avx2)) return "AVX2";
  return "SSE4.1";
}

dnnl_memory_desc_t MakeDesc(absl::Span<const int64_t> dims, DType dtype, dnnl_format_tag_t tag) {
  dnnl_memory_desc_t desc;
  SG_DNNL(dnnl_memory_desc_init_by_tag(&desc, static_cast<int>(dims.size()), dims.data(), DnnlType(dtype), tag));
  return desc;
}

dnnl_memory_desc_t MakeStridedDesc(absl::Span<const int64_t> dims, DType dtype, absl::Span<const int64_t> strides) {
  SG_CHECK(dims.size() == strides.size()) << "[oneDNN] " << dims.size() << " extents, " << strides.size() << " strides";
  dnnl_memory_desc_t desc;
  SG_DNNL(dnnl_memory_desc_init_by_strides(&desc, static_cast<int>(dims.size()), dims.data(), DnnlType(dtype),
                                           strides.data()));
  return desc;
}

std::string LayoutName(const dnnl_memory_desc_t& desc) {
  SG_CHECK(desc.format_kind == dnnl_blocked) << "[oneDNN] no name for a layout of kind " << desc.format_kind;
  const dnnl_blocking_desc_t& blocking = desc.format_desc.blocking;
  const auto list = [](const int64_t* values, int count) { return absl::StrJoin(values, values + count, ","); };
  return absl::StrCat(desc.data_type, " ", list(desc.dims, desc.ndims), " padded ", list(desc.padded_dims, desc.ndims),
                      " strides ", list(blocking.strides, desc.ndims), " blocks ",
                      list(blocking.inner_blks, blocking.inner_nblks), " of ",
                      list(blocking.inner_idxs, blocking.inner_nblks));
}

PrimitiveDesc MakePrimitiveDesc(const void* operation, const PrimitiveDesc& hint, bool runtime_scale) {
  const Attr attr = UserScratchpad();
  if (runtime_scale) {
    const float scale = DNNL_RUNTIME_F32_VAL;
    SG_DNNL(dnnl_primitive_attr_set_output_scales(attr.get(), 1, 0, &scale));
  }
  dnnl_primitive_desc_t created = nullptr;
  const dnnl_status_t status = dnnl_primitive_desc_create(&created, operation, attr.get(), DnnlEngine(), hint.get());
  if (status == dnnl_unimplemented) return nullptr;
  CheckDnnl(status, "dnnl_primitive_desc_create", __FILE__, __LINE__);
  return PrimitiveDesc(created);
}

PrimitiveDesc MakeReorderDesc(const dnnl_memory_desc_t& from, const dnnl_memory_desc_t& to) {
  const Attr attr = UserScratchpad();
  dnnl_primitive_desc_t created = nullptr;
  SG_DNNL(dnnl_reorder_primitive_desc_create(&created, &from, DnnlEngine(), &to, DnnlEngine(), attr.get()));
  return PrimitiveDesc(created);
}

bool IsPoor(const PrimitiveDesc& desc) {
  if (desc == nullptr) return true;
  const char* implementation = "";
  SG_DNNL(dnnl_primitive_desc_query(desc.get(), dnnl_query_impl_info_str, 0, &implementation));
  return absl::StartsWith(implementation, "ref");
}

Primitive::Primitive(PrimitiveDesc desc)
    : desc_(std::move(desc)), scratchpad_(dnnl_primitive_desc_query_md(desc_.get(), dnnl_query_scratchpad_md, 0)) {
  SG_DNNL(dnnl_primitive_create(&primitive_, desc_.get()));
}

const dnnl_memory_desc_t& Primitive::desc(dnnl_query_t what) const {
  const dnnl_memory_desc_t* md = dnnl_primitive_desc_query_md(desc_.get(), what, 0);
  SG_CHECK(md != nullptr) << "[oneDNN] the primitive has no operand " << what;
  return *md;
}

void Primitive::Execute(absl::Span<const PrimitiveArgument> arguments) const {
  SG_CHECK(arguments.size() < kMaxArguments) << "[oneDNN] " << arguments.size() << " arguments";
  PoolBuffer scratchpad;
  dnnl_exec_arg_t bound[kMaxArguments];
  int count = 0;
  const auto bind = [&](int index, const dnnl_memory_desc_t* desc, void* data) {
    bound[count].arg = index;
    SG_DNNL(dnnl_memory_create(&bound[count].memory, desc, DnnlEngine(), data));
    ++count;
  };
  for (const PrimitiveArgument& argument : arguments) {
    bind(argument.index, argument.desc, const_cast<void*>(argument.data));
  }
  if (const size_t bytes = dnnl_memory_desc_get_size(scratchpad_); bytes > 0) {
    scratchpad = PoolBuffer(CpuPool(), bytes);
    bind(DNNL_ARG_SCRATCHPAD, scratchpad_, scratchpad.data());
  }
  SG_DNNL(dnnl_primitive_execute(primitive_, ThreadStream(), count, bound));
  SG_DNNL(dnnl_stream_wait(ThreadStream()));
  for (int i = 0; i < count; ++i) SG_DNNL(dnnl_memory_destroy(bound[i].memory));
}

}  // namespace sg::cpu
