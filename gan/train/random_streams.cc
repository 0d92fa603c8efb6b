#include "gan/train/random_streams.h"

#include <utility>

#include "gan/train/metadata.h"

namespace sg::gan {
namespace {

template <typename Streams, typename F>
void ForEach(Streams& streams, F&& f) {
  f("random.init", streams.init);
  f("random.latents", streams.latents);
  f("random.mixing", streams.mixing);
  f("random.noise", streams.noise);
  f("random.path_length", streams.path_length);
}

}  // namespace

RandomStreams::RandomStreams(int64_t seed) {
  uint64_t number = 0;
  ForEach(*this, [&](const char*, RandomStream& s) { s = {static_cast<uint64_t>(seed), number++, 0}; });
}

void RandomStreams::Save(std::map<std::string, std::string>* metadata) const {
  ForEach(*this, [&](const char* name, const RandomStream& s) { (*metadata)[name] = std::to_string(s.offset); });
}

absl::Status RandomStreams::Load(const std::map<std::string, std::string>& metadata) {
  RandomStreams loaded = *this;
  absl::Status status;
  ForEach(loaded, [&](const char* name, RandomStream& s) {
    const absl::StatusOr<int64_t> offset = ReadCount(metadata, name);
    if (offset.ok()) {
      s.offset = static_cast<uint64_t>(*offset);
    } else if (status.ok()) {
      status = offset.status();
    }
  });
  if (status.ok()) *this = loaded;
  return status;
}

}  // namespace sg::gan
