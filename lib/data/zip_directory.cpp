#include "data/zip_directory.h"

#include <algorithm>
#include <stdexcept>

#include "data/byte_cursor.h"

namespace actsparse {
namespace {

constexpr uint64_t in_zip64 = 0xffffffff;  // stands where a number is too large for 32 bits

std::string bytes_at(ByteSource& file, int64_t offset, int64_t count) {
  if (offset < 0 || count < 0 || offset > file.size() || count > file.size() - offset)
    throw std::runtime_error("its zip directory is damaged");
  std::string bytes(static_cast<size_t>(count), '\0');
  file.read_at(offset, bytes.data(), count);
  return bytes;
}

void expect(ByteCursor& cursor, const char* signature) {
  if (cursor.text(4) != signature) throw std::runtime_error("its zip directory is damaged");
}

struct Directory {
  int64_t offset, size;
};

Directory find_directory64(ByteSource& file, int64_t locator_offset) {
  const std::string locator_bytes = bytes_at(file, locator_offset, 20);
  ByteCursor locator(locator_bytes);
  expect(locator, "PK\x06\x07");
  locator.skip(4);
  const std::string end_bytes = bytes_at(file, locator.signed_number(8), 56);
  ByteCursor end(end_bytes);
  expect(end, "PK\x06\x06");
  end.skip(36);
  const int64_t size = end.signed_number(8);
  return {end.signed_number(8), size};
}

Directory find_directory(ByteSource& file) {
  const int64_t tail_size = std::min<int64_t>(file.size(), 22 + 0xffff);  // a comment may follow
  const int64_t tail_offset = file.size() - tail_size;
  const std::string tail = bytes_at(file, tail_offset, tail_size);
  const size_t found = tail.rfind("PK\x05\x06");
  if (found == std::string::npos) throw std::runtime_error("it has no zip directory");
  ByteCursor end(tail);
  end.skip(found + 12);
  const uint64_t size = end.number(4), offset = end.number(4);
  if (size == in_zip64 || offset == in_zip64)
    return find_directory64(file, tail_offset + static_cast<int64_t>(found) - 20);
  return {static_cast<int64_t>(offset), static_cast<int64_t>(size)};
}

// The extra field with id 1 holds, in this order, those of the sizes and the offset that need it.
int64_t offset_in_extra(const std::string& extra, int needed_before) {
  for (ByteCursor cursor(extra);;) {
    const uint64_t id = cursor.number(2), length = cursor.number(2);
    if (id != 1) {
      cursor.skip(length);
      continue;
    }
    cursor.skip(8 * static_cast<uint64_t>(needed_before));
    return cursor.signed_number(8);
  }
}

}  // namespace

std::map<std::string, int64_t> local_headers(ByteSource& file) {
  const Directory directory = find_directory(file);
  const std::string bytes = bytes_at(file, directory.offset, directory.size);
  std::map<std::string, int64_t> headers;
  for (ByteCursor entry(bytes); !entry.at_end();) {
    expect(entry, "PK\x01\x02");
    entry.skip(16);
    const int large_sizes = (entry.number(4) == in_zip64) + (entry.number(4) == in_zip64);
    const uint64_t name_length = entry.number(2), extra_length = entry.number(2);
    const uint64_t comment_length = entry.number(2);
    entry.skip(8);
    const uint64_t offset = entry.number(4);
    const std::string name = entry.text(name_length), extra = entry.text(extra_length);
    entry.skip(comment_length);
    headers[name] =
        offset == in_zip64 ? offset_in_extra(extra, large_sizes) : static_cast<int64_t>(offset);
  }
  return headers;
}

int64_t data_offset(ByteSource& file, int64_t header) {
  const std::string bytes = bytes_at(file, header, 30);
  ByteCursor cursor(bytes);
  expect(cursor, "PK\x03\x04");
  cursor.skip(22);
  const uint64_t name_length = cursor.number(2), extra_length = cursor.number(2);
  return header + 30 + static_cast<int64_t>(name_length + extra_length);
}

}  // namespace actsparse
