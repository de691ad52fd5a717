#pragma once
// What an error text about shapes names.
#include <cstdint>
#include <string>
#include <vector>

namespace actsparse {

struct Complaint {
  std::string text;
  std::vector<std::vector<int64_t>> sizes;  ///< "[2, 3, 8, 8]"
  std::vector<int64_t> ranks;               ///< 4 of "4D", "4-dimensional", "4 dimensions"
  std::vector<int64_t> numbers;             ///< all others, and the ranks, but those of sizes
  int64_t channels = -1;                    ///< 3 of "3 channels", the first
  int64_t rows = -1;                        ///< 8 of "(8x64 and 512x10)", the product that failed

  bool has(const std::string& part) const { return text.find(part) != std::string::npos; }
  bool names(int64_t number) const;
  bool names_rank(int64_t rank) const;
  bool names_sizes(const std::vector<int64_t>& wanted) const;
};

Complaint read_complaint(const std::string& text);

}  // namespace actsparse
