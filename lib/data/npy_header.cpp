#include "data/npy_header.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string_view>

#include "data/npy_dict.h"

namespace actsparse {
namespace {

constexpr int64_t most_header_bytes = 1 << 20;  // NumPy's own are below 64 KiB
constexpr size_t most_dimensions = 64;

[[noreturn]] void fail(const ByteSource& bytes, const std::string& what) {
  throw Error(ErrorKind::Data, bytes.label() + ": " + what);
}

int64_t little_endian(const unsigned char* bytes, int count) {
  int64_t value = 0;
  while (count-- > 0) value = value << 8 | bytes[count];
  return value;
}

// The dict's text; sets data_offset.
std::string read_text(ByteSource& bytes, int64_t& data_offset) {
  std::array<unsigned char, 12> start{};
  const int64_t size = bytes.size();
  if (size < 10) fail(bytes, fmt::format("is cut off: {} bytes, a .npy header has more", size));
  bytes.read_at(0, start.data(), 10);
  if (std::memcmp(start.data(), "\x93NUMPY", 6) != 0)
    fail(bytes, "is not a .npy file: it does not start with \\x93NUMPY; write it with numpy.save");
  const int major = start[6];
  if (major < 1 || major > 3 || start[7] != 0)
    fail(bytes, fmt::format("has .npy version {}.{}; 1.0, 2.0 and 3.0 are known", major, start[7]));
  const int width = major == 1 ? 2 : 4;
  data_offset = 8 + width;
  if (size < data_offset) fail(bytes, fmt::format("is cut off in its header, at {} bytes", size));
  bytes.read_at(8, start.data() + 8, width == 2 ? 2 : 4);
  const int64_t length = little_endian(start.data() + 8, width);
  if (length > most_header_bytes || length > size - data_offset)
    fail(bytes, fmt::format("is cut off or damaged: its header should have {} bytes, the file "
                            "has {} after its start",
                            length, size - data_offset));
  std::string text(static_cast<size_t>(length), '\0');
  bytes.read_at(data_offset, text.data(), length);
  data_offset += length;
  return text;
}

struct DtypeInfo {
  c10::ScalarType dtype;
  int64_t item_size, unit;
};

const std::map<std::string, DtypeInfo, std::less<>>& known_dtypes() {
  using c10::ScalarType;
  static const std::map<std::string, DtypeInfo, std::less<>> table = {
      {"b1", {ScalarType::Bool, 1, 1}},
      {"i1", {ScalarType::Char, 1, 1}},
      {"u1", {ScalarType::Byte, 1, 1}},
      {"i2", {ScalarType::Short, 2, 2}},
      {"i4", {ScalarType::Int, 4, 4}},
      {"i8", {ScalarType::Long, 8, 8}},
      {"f2", {ScalarType::Half, 2, 2}},
      {"f4", {ScalarType::Float, 4, 4}},
      {"f8", {ScalarType::Double, 8, 8}},
      {"c8", {ScalarType::ComplexFloat, 8, 4}},
      {"c16", {ScalarType::ComplexDouble, 16, 8}}};
  return table;
}

// What a dtype LibTorch does not know is to be converted to.
std::string advice(const NpyDict& dict, std::string_view code) {
  if (dict.structured) return "save one of its fields: numpy.save(path, x['field'])";
  static const std::map<std::string, std::string, std::less<>> exact = {
      {"u2", "int32"}, {"u4", "int64"}, {"u8", "int64"}};
  std::string to = "float32";
  if (const auto found = exact.find(code); found != exact.end()) to = found->second;
  if (code.substr(0, 1) == "f") to = "float64";
  if (code.substr(0, 1) == "c") to = "complex128";
  if (code.substr(0, 1) == "M" || code.substr(0, 1) == "m") to = "int64";
  return "convert it in Python first: numpy.save(path, x.astype('" + to + "'))";
}

void set_dtype(const ByteSource& bytes, const NpyDict& dict, NpyHeader& header) {
  std::string_view code = dict.descr;
  char order = '=';
  if (!code.empty() && std::string_view("<>=|").find(code[0]) != std::string_view::npos) {
    order = code[0];
    code.remove_prefix(1);
  }
  const auto found = known_dtypes().find(code);
  if (found == known_dtypes().end())
    fail(bytes, fmt::format("has {}, which no tensor can hold; {}",
                            dict.structured ? "a structured dtype" : "dtype '" + dict.descr + "'",
                            advice(dict, code)));
  const auto& info = found->second;
  header.dtype = info.dtype;
  header.item_size = info.item_size;
  const char foreign = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '>' : '<';
  header.swapped_unit = order == foreign && info.unit > 1 ? info.unit : 0;
}

void check_shape(const ByteSource& bytes, const NpyHeader& header, const std::string& shape) {
  if (header.shape.empty())
    fail(bytes, "holds a single number (shape ()); dimension 0 must count samples");
  if (header.shape.size() > most_dimensions)
    fail(bytes, fmt::format("has {} dimensions; at most {}", header.shape.size(), most_dimensions));
  int64_t needed = header.item_size;
  bool overflow = false, any_zero = false;
  for (const int64_t size : header.shape) {
    any_zero = any_zero || size == 0;
    overflow = overflow || __builtin_mul_overflow(needed, size == 0 ? 1 : size, &needed);
  }
  if (header.shape[0] == 0) fail(bytes, "holds no samples: its shape is " + shape);
  if (overflow) fail(bytes, "is damaged: its header claims the impossible shape " + shape);
  const int64_t present = bytes.size() - header.data_offset;
  if (!any_zero && present < needed)
    fail(bytes, fmt::format("is cut off: shape {} needs {} bytes of data, there are {}", shape,
                            needed, present));
}

std::string text_of(const std::vector<int64_t>& shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size() && i < most_dimensions; ++i)
    text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

}  // namespace

int64_t NpyHeader::sample_elements() const {
  int64_t product = 1;
  for (size_t i = 1; i < shape.size(); ++i) product *= shape[i];
  return product;
}

NpyHeader read_npy_header(ByteSource& bytes) {
  NpyHeader header;
  const std::string text = read_text(bytes, header.data_offset);
  NpyDict dict;
  try {
    dict = parse_npy_dict(text);
  } catch (const std::runtime_error& error) {
    fail(bytes, std::string("has a damaged header: ") + error.what());
  }
  set_dtype(bytes, dict, header);
  header.fortran_order = dict.fortran_order;
  header.shape = dict.shape;
  check_shape(bytes, header, text_of(dict.shape));
  return header;
}

}  // namespace actsparse
