#include "data/csv_format.h"

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "base/error.h"

namespace actsparse {
namespace {

class CsvSamples : public SampleReader {
 public:
  explicit CsvSamples(std::vector<at::Tensor> rows) : rows_(std::move(rows)) {}
  int64_t size() const override { return static_cast<int64_t>(rows_.size()); }
  int64_t sample_bytes() const override { return static_cast<int64_t>(rows_.front().nbytes()); }
  at::Tensor read(int64_t first, int64_t count) override {
    return at::stack(at::ArrayRef<at::Tensor>(rows_).slice(static_cast<size_t>(first),
                                                           static_cast<size_t>(count)));
  }

 private:
  std::vector<at::Tensor> rows_;
};

at::Tensor row_of(const std::string& line) {
  std::istringstream text(line);
  std::vector<float> numbers;
  for (std::string number; std::getline(text, number, ',');) numbers.push_back(std::stof(number));
  return at::tensor(numbers);
}

}  // namespace

std::unique_ptr<SampleReader> open_csv(const FileInput& input) {
  std::ifstream file(input.path);
  std::vector<at::Tensor> rows;
  for (std::string line; std::getline(file, line);) rows.push_back(row_of(line));
  if (rows.empty()) throw Error(ErrorKind::Data, input.path.string() + ": holds no samples");
  return std::make_unique<CsvSamples>(std::move(rows));
}

}  // namespace actsparse
