#include "data/data_digest.h"

#include "base/error.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

using namespace actsparse;

TEST_CASE("the digest of inputs follows names, bytes, specs and constants", "[data]") {
  const TemporaryFolder here, there;
  write_file(here / "x", "bytes");
  write_file(there / "x", "bytes");
  write_file(there / "y", "other");
  const auto digest = [](const InputConfig& input) { return digest_of_inputs({input}); };
  const std::string file = digest(FileInput{here / "x", "x", ""});
  CHECK(digest(FileInput{there / "x", "x", ""}) == file);
  CHECK(digest(FileInput{there / "y", "x", ""}) != file);
  CHECK(digest(FileInput{here / "x", "y", ""}) != file);
  CHECK(digest(FileInput{here / "x", "x", "m"}) != file);
  RandomInput random;
  random.shape = {4, 2};
  const std::string drawn = digest(random);
  random.seed = 1;
  CHECK(digest(random) != drawn);
  CHECK(digest(ConstantInput{1}) != digest(ConstantInput{1.5}));
  CHECK(digest_of_inputs({ConstantInput{1}, ConstantInput{2}}) !=
        digest_of_inputs({ConstantInput{2}, ConstantInput{1}}));
}

TEST_CASE("the digest of batch files follows names, bytes and order", "[data]") {
  const TemporaryFolder folder;
  write_file(folder / "x", "bytes");
  write_file(folder / "y", "other");
  const std::string both = digest_of_files({{"x", folder / "x"}, {"y", folder / "y"}});
  CHECK(digest_of_files({{"y", folder / "y"}, {"x", folder / "x"}}) != both);
  CHECK(digest_of_files({{"x", folder / "y"}, {"y", folder / "y"}}) != both);
}

TEST_CASE("a digest of a file that went away is a data error", "[data]") {
  const TemporaryFolder folder;
  const Error error = error_of([&] { digest_of_files({{"x", folder / "x"}}); });
  CHECK(error.kind() == ErrorKind::Data);
}

TEST_CASE("an input is called as the config calls it", "[data]") {
  CHECK(display_name({"/somewhere/x.npz", "x.npz", "m"}) == "x.npz[m]");
  CHECK(display_name({"/somewhere/x.npy", "", ""}) == "/somewhere/x.npy");
}
