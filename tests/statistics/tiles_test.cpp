#include "statistics/tiles.h"

#include <ATen/ATen.h>

#include <map>

#include "support/catch.h"

using namespace actsparse;

namespace {

// Which elements fell into which cell.
struct Collector : TileTaker {
  std::map<int64_t, std::vector<double>> cells;
  void take(const CellTile<float>& tile) override { collect(tile); }
  void take(const CellTile<double>& tile) override { collect(tile); }
  template <class T>
  void collect(const CellTile<T>& tile) {
    REQUIRE(tile.rows <= kLongestTile);
    REQUIRE(tile.columns <= kLongestTile);
    for (int64_t row = 0; row < tile.rows; ++row)
      for (int64_t column = 0; column < tile.columns; ++column)
        cells[tile.cell(tile.by_columns ? column : row)].push_back(
            tile.data[row * tile.stride + column]);
  }
};

std::vector<double> sorted_values(const at::Tensor& tensor) {
  const at::Tensor flat = std::get<0>(tensor.to(at::kDouble).flatten().sort());
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

// The cells of `tensor`, found with ATen alone.
std::map<int64_t, std::vector<double>> expected_cells(const at::Tensor& tensor,
                                                      const std::vector<bool>& reduced) {
  std::vector<int64_t> order, kept_sizes;
  for (int pass = 0; pass < 2; ++pass)
    for (size_t dim = 0; dim < reduced.size(); ++dim)
      if (reduced[dim] == (pass == 1)) order.push_back(static_cast<int64_t>(dim));
  int64_t cells = 1;
  for (size_t dim = 0; dim < reduced.size(); ++dim)
    if (!reduced[dim]) cells *= tensor.size(static_cast<int64_t>(dim));
  const at::Tensor table = tensor.permute(order).reshape({cells, -1});
  std::map<int64_t, std::vector<double>> found;
  for (int64_t cell = 0; cell < cells; ++cell) found[cell] = sorted_values(table[cell]);
  return found;
}

void check_tiles(const at::Tensor& tensor) {
  for (int bits = 0; bits < 1 << tensor.dim(); ++bits) {
    std::vector<bool> reduced;
    for (int64_t dim = 0; dim < tensor.dim(); ++dim) reduced.push_back(((bits >> dim) & 1) != 0);
    INFO(tensor.sizes() << " strides " << tensor.strides() << " reduced " << bits);
    const Tiles tiles(tensor, reduced);
    Collector collector;
    const int64_t middle = tiles.count() / 3;
    tiles.give(0, middle, collector);
    tiles.give(middle, tiles.count(), collector);
    for (auto& [cell, values] : collector.cells) std::sort(values.begin(), values.end());
    CHECK(collector.cells == expected_cells(tensor, reduced));
  }
}

}  // namespace

TEST_CASE("Every element falls into its cell, once, whatever the layout", "[statistics]") {
  const at::Tensor x = at::arange(2 * 5 * 6 * 7, at::kFloat).reshape({2, 5, 6, 7});
  check_tiles(x);
  check_tiles(x.contiguous(at::MemoryFormat::ChannelsLast));
  check_tiles(x.permute({3, 1, 0, 2}));
  check_tiles(x.slice(3, 1, 6, 2));
  check_tiles(x.slice(1, 1, 4));
  check_tiles(x.narrow(2, 2, 1));
  check_tiles(x.select(0, 1).unsqueeze(2).expand({5, 6, 3, 7}));
  check_tiles(x.flatten());
  check_tiles(at::scalar_tensor(3.0));
}

TEST_CASE("Large tensors are cut into many tiles", "[statistics]") {
  check_tiles(at::arange(3 * 700 * 300, at::kFloat).reshape({3, 700, 300}));
  const Tiles rows(at::zeros({4, 100000}), {false, true});
  CHECK(rows.count() == 4 * 49);
  const Tiles columns(at::zeros({100000, 300}), {true, false});
  CHECK(columns.count() > 1000);
}

TEST_CASE("Every real dtype comes as floats or doubles", "[statistics]") {
  for (const auto dtype : {at::kHalf, at::kBFloat16, at::kDouble, at::kByte, at::kChar, at::kShort,
                           at::kInt, at::kLong}) {
    INFO(c10::toString(dtype));
    check_tiles(at::arange(3 * 4 * 5).reshape({3, 4, 5}).to(dtype));
  }
  check_tiles(at::arange(12).reshape({3, 4}).remainder(2).to(at::kBool));
}

TEST_CASE("A tensor without elements has no tiles", "[statistics]") {
  CHECK(Tiles(at::zeros({0, 3}), {true, false}).count() == 0);
}
