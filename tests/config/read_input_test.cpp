#include "config/sample.h"

namespace actsparse {
namespace {

template <class T>
T input(const std::string& text, const std::filesystem::path& base = ".") {
  return std::get<T>(parse_sample({"data.inputs=[" + text + "]"}, base).data.inputs.at(0));
}

std::string rejected_input(const std::string& text) {
  return rejection({"data.inputs=[" + text + "]"});
}

}  // namespace

TEST_CASE("a file input is resolved and keeps the path as written", "[config]") {
  const TemporaryFolder folder;
  const auto file = input<FileInput>(R"({"path": "d/../x.npz", "member": "y"})", folder.path());
  CHECK(file.path == folder / "x.npz");
  CHECK(file.written_path == "d/../x.npz");
  CHECK(file.member == "y");
}

TEST_CASE("images have their defaults, and take what is given", "[config]") {
  const TemporaryFolder folder;
  const auto plain = input<ImageInput>(R"({"images": "photos"})", folder.path());
  CHECK(plain.images == "photos");
  CHECK(plain.base == folder.path());
  CHECK(plain.size.empty());
  CHECK(plain.layout == "NCHW");
  CHECK(plain.channels == 3);
  CHECK(plain.order == "RGB");
  CHECK_FALSE(plain.as_list);
  const auto all = input<ImageInput>(
      R"({"images": "*.png", "size": [4, 6], "mean": [0.5], "std": [1, 2, 3], "layout": "NHWC"})");
  CHECK(all.size == std::vector<int64_t>{4, 6});
  CHECK(all.mean == std::vector<double>{0.5});
  CHECK(all.std == std::vector<double>{1, 2, 3});
  CHECK(all.layout == "NHWC");
  const auto alpha = input<ImageInput>(
      R"({"images": "*.png", "channels": 4, "order": "BGR", "mean": [1, 2, 3, 4], "list": true})");
  CHECK(alpha.channels == 4);
  CHECK(alpha.order == "BGR");
  CHECK(alpha.mean.size() == 4);
  CHECK(alpha.as_list);
}

TEST_CASE("a file's samples are left as they are, or converted as asked", "[config]") {
  const auto plain = input<FileInput>(R"({"path": "x.npy"})");
  CHECK(plain.conversion.permute.empty());
  CHECK(plain.conversion.dtype.empty());
  CHECK_FALSE(plain.conversion.is_arithmetic());
  CHECK_FALSE(plain.as_list);
  const auto all = input<FileInput>(
      R"({"path": "x.npy", "permute": [0, null, 2, 1], "dtype": "float64", "divide_by": 255,
          "mean": [0.5], "std": [1, 2, 3], "channel_dim": -3, "list": true})");
  const std::vector<std::optional<int64_t>> order = {0, std::nullopt, 2, 1};
  CHECK((all.conversion.permute == order));  // Catch cannot print it
  CHECK(all.conversion.dtype == "float64");
  CHECK(all.conversion.divide_by == 255);
  CHECK(all.conversion.mean == std::vector<double>{0.5});
  CHECK(all.conversion.std == std::vector<double>{1, 2, 3});
  CHECK(all.conversion.channel_dim == -3);
  CHECK(all.as_list);
  CHECK(input<RandomInput>(R"({"random": {"shape": [4]}, "list": true})").as_list);
}

TEST_CASE("a permutation has each dimension once", "[config]") {
  for (const std::string wrong : {"[0, 0, 1]", "[1, 2, 3]", "[null]", "[0, null, 2]"}) {
    CAPTURE(wrong);
    CHECK(contains(rejected_input(R"({"path": "x.npy", "permute": )" + wrong + "}"),
                   "data.inputs.0.permute: found the list ["));
  }
}

TEST_CASE("the keys of a conversion must fit each other", "[config]") {
  CHECK(contains(rejected_input(R"({"path": "x.npy", "mean": [1, 2], "std": [1, 2, 3]})"),
                 "std: found 3 numbers, allowed one, or as many as 'mean' has (2)"));
  CHECK(contains(rejected_input(R"({"path": "x.npy", "mean": [1], "channel_dim": 2})"),
                 "channel_dim: found the number 2, allowed it only beside a 'mean' or 'std'"));
}

TEST_CASE("mean and std of images are one number or one per channel", "[config]") {
  CHECK(rejected_input(R"({"images": "d", "mean": [1, 2]})") ==
        "data.inputs.0.mean: found 2 numbers, allowed one, or one per channel (3)");
  CHECK(rejected_input(R"({"images": "d", "channels": 1, "std": [1, 2, 3]})") ==
        "data.inputs.0.std: found 3 numbers, allowed one, or one per channel (1)");
}

TEST_CASE("a random input has its defaults", "[config]") {
  const auto random = input<RandomInput>(R"({"random": {"shape": [8, 3, 0]}})");
  CHECK(random.shape == std::vector<int64_t>{8, 3, 0});
  CHECK(random.dtype == "float32");
  CHECK(random.seed == 0);
  CHECK(random.low == 0);
  CHECK(random.high == 10);
}

TEST_CASE("a random input takes what is given", "[config]") {
  const auto random = input<RandomInput>(
      R"({"random": {"shape": [8], "dtype": "uint8", "seed": 3, "low": 1, "high": 255}})");
  CHECK(random.dtype == "uint8");
  CHECK(random.seed == 3);
  CHECK(random.low == 1);
  CHECK(random.high == 255);
}

TEST_CASE("bounds of a random input must fit its dtype", "[config]") {
  CHECK(rejected_input(R"({"random": {"shape": [8], "low": 1}})") ==
        "data.inputs.0.random.low: found the number 1, allowed it only with an integer dtype "
        "(dtype is float32)");
  CHECK(contains(rejected_input(R"({"random": {"shape": [8], "dtype": "bool", "high": 1}})"),
                 "random.high: found the number 1, allowed it only with an integer dtype"));
  CHECK(contains(rejected_input(R"({"random": {"shape": [8], "dtype": "uint8", "low": -1}})"),
                 "random.low: found the number -1, allowed an integer from 0 to 255"));
  CHECK(rejected_input(R"({"random": {"shape": [8], "dtype": "int64", "low": 10}})") ==
        "data.inputs.0.random: found low 10 and high 10, allowed low < high");
}

TEST_CASE("a constant is kept as written", "[config]") {
  CHECK(input<ConstantInput>(R"({"value": null})").value.is_null());
  CHECK(input<ConstantInput>(R"({"value": 16000})").value == 16000);
  CHECK(input<ConstantInput>(R"({"value": [0.5]})").value == nlohmann::json({0.5}));
  CHECK(input<ConstantInput>(R"({"value": [1, 0.5]})").value == nlohmann::json({1, 0.5}));
}

TEST_CASE("a constant must fit a TorchScript value", "[config]") {
  CHECK(contains(rejected_input(R"({"value": 18446744073709551615})"), "allowed an integer"));
  CHECK(contains(rejected_input(R"({"value": [1, 18446744073709551615]})"),
                 "data.inputs.0.value.1: found the number 18446744073709551615"));
  CHECK(contains(rejected_input(R"({"value": [[1]]})"), "or a list of numbers"));
}

}  // namespace actsparse
