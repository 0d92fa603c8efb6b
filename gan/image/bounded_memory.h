// Memory for a C library that decodes an untrusted file, with a limit on all of it together. Some of libpng's handlers,
// such as that of eXIf, take as much as a chunk claims to hold, whatever limits libpng has been given.
//
//   BoundedMemory memory(1 << 20);
//   void* p = memory.Allocate(100);   // null if that would be more than the limit, or if the system has no memory
//   memory.Free(p);
//   if (memory.refused()) return absl::ResourceExhaustedError("...");
//
// Not thread-safe. It is trivially destructible, because a longjmp may pass over it; what was not freed is leaked.
#ifndef GAN_IMAGE_BOUNDED_MEMORY_H_
#define GAN_IMAGE_BOUNDED_MEMORY_H_

#include <cstddef>

namespace sg::gan {

class BoundedMemory {
 public:
  explicit BoundedMemory(size_t max_bytes = 0) : max_bytes_(max_bytes) {}

  // Aligned for any type.
  void* Allocate(size_t bytes);
  void Free(void* memory);  // null is allowed

  size_t max_bytes() const { return max_bytes_; }
  size_t live_bytes() const { return live_bytes_; }
  bool refused() const { return refused_; }      // an allocation would have exceeded the limit
  bool exhausted() const { return exhausted_; }  // the system had no memory for one

 private:
  size_t max_bytes_;
  size_t live_bytes_ = 0;
  bool refused_ = false, exhausted_ = false;
};

}  // namespace sg::gan

#endif  // GAN_IMAGE_BOUNDED_MEMORY_H_
