#pragma once
// How large a file would be.
#include <cstdint>
#include <ostream>
#include <streambuf>

namespace actsparse {

/// Takes what is written and counts it.
class CountingBuffer : public std::streambuf {
 public:
  int64_t bytes() const { return bytes_; }

 private:
  std::streamsize xsputn(const char* /*text*/, std::streamsize count) override {
    bytes_ += count;
    return count;
  }
  int_type overflow(int_type character) override {
    ++bytes_;
    return traits_type::not_eof(character);
  }
  int64_t bytes_ = 0;
};

/// The bytes that `write` puts into the stream it is given.
template <class Write>
int64_t bytes_written(Write&& write) {
  CountingBuffer buffer;
  std::ostream stream(&buffer);
  write(stream);
  return buffer.bytes();
}

}  // namespace actsparse
