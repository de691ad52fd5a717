#include "config/data_formats.h"

#include "support/catch.h"

namespace actsparse {

TEST_CASE("a format is found by its extension, dot and all", "[config]") {
  REQUIRE(find_data_format(".npz") != nullptr);
  CHECK(find_data_format(".npz")->has_members);
  CHECK_FALSE(find_data_format(".npy")->has_members);
  CHECK(find_data_format("npy") == nullptr);
  CHECK(find_data_format("") == nullptr);
}

TEST_CASE("messages list the formats there are", "[config]") {
  CHECK(data_extensions() == ".npy, .npz or .pt");
  CHECK(member_extensions() == ".npz");
  add_data_format({".zarr", true});
  CHECK(data_extensions() == ".npy, .npz, .pt or .zarr");
  CHECK(member_extensions() == ".npz or .zarr");
  remove_data_format(".zarr");
  CHECK(data_extensions() == ".npy, .npz or .pt");
}

TEST_CASE("only files of torch.save can be whole batches", "[config]") {
  CHECK(is_batch_file("a/b.pt"));
  CHECK_FALSE(is_batch_file("b.npy"));
}

}  // namespace actsparse
