#pragma once
// Bytes in memory, read in order: of a pickle.
#include <cstdint>
#include <stdexcept>
#include <string>

namespace actsparse {

/// Each throws std::runtime_error if the bytes end before.
class ByteCursor {
 public:
  explicit ByteCursor(const std::string& bytes) : bytes_(bytes) {}

  bool at_end() const { return at_ == bytes_.size(); }

  /// A little-endian unsigned number of 1 to 8 bytes.
  uint64_t number(uint64_t width) {
    uint64_t value = 0;
    const char* from = take(width);
    for (uint64_t i = 0; i < width; ++i)
      value |= static_cast<uint64_t>(static_cast<unsigned char>(from[i])) << (8 * i);
    return value;
  }

  /// The same in two's complement; 0 bytes are 0.
  int64_t signed_number(uint64_t width) {
    if (width > 8) throw std::runtime_error("an integer has more than 64 bits");
    const uint64_t shift = 64 - 8 * width;
    return width == 0 ? 0 : static_cast<int64_t>(number(width) << shift) >> shift;
  }

  void skip(uint64_t count) { take(count); }

  std::string text(uint64_t length) { return {take(length), length}; }

  /// Up to the next line feed, which is dropped.
  std::string line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string::npos) throw std::runtime_error("it is cut off");
    std::string value = text(end - at_);
    ++at_;
    return value;
  }

 private:
  const char* take(uint64_t count) {
    if (count > bytes_.size() - at_) throw std::runtime_error("it is cut off");
    at_ += count;
    return bytes_.data() + at_ - count;
  }

  const std::string& bytes_;
  size_t at_ = 0;
};

}  // namespace actsparse
