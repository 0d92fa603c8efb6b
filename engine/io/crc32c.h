// CRC-32C (Castagnoli): the checksum of our checkpoints and of TensorBoard event files.
//
//   uint32_t crc = Crc32c("123456789", 9);        // 0xe3069283
//   crc = ExtendCrc32c(Crc32c(a, n), b, m);       // the checksum of a followed by b
//
// Polynomial 0x1EDC6F41, reflected, initial value and final xor all ones (RFC 3720, appendix B.4). Uses the SSE4.2
// instruction if the CPU has it, with the same result.
#ifndef ENGINE_IO_CRC32C_H_
#define ENGINE_IO_CRC32C_H_

#include <cstddef>
#include <cstdint>

namespace sg::io {

uint32_t ExtendCrc32c(uint32_t crc, const void* data, size_t size);
inline uint32_t Crc32c(const void* data, size_t size) { return ExtendCrc32c(0, data, size); }

namespace internal {

// The implementation by tables, on every CPU. Public for a test that compares the two.
uint32_t ExtendCrc32cPortable(uint32_t crc, const void* data, size_t size);

}  // namespace internal
}  // namespace sg::io

#endif  // ENGINE_IO_CRC32C_H_
