#include "repair/value_file.h"

#include <ATen/Functions.h>

#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/models.h"
#include "support/values.h"

using namespace actsparse;

TEST_CASE("values come back from the file as they were", "[repair]") {
  ValueFile file(std::filesystem::temp_directory_path());
  const auto image = normal({2, 3, 4, 5}, 1);
  const std::vector<c10::IValue> values = {image,
                                           image.contiguous(at::MemoryFormat::ChannelsLast),
                                           image.permute({3, 1, 0, 2}),
                                           image.slice(2, 0, 4, 2),
                                           at::ones({1, 3}).expand({4, 3}),
                                           at::tensor({int64_t{7}, int64_t{-1}}),
                                           at::tensor({1, 0}).to(at::kBool),
                                           at::zeros({0, 3}),
                                           at::scalar_tensor(2.5),
                                           int64_t{5},
                                           "text",
                                           c10::IValue()};
  const auto first = file.keep(values), second = file.keep({values[5]});
  const auto back = file.get(first);
  REQUIRE(back.size() == values.size());
  for (size_t i = 0; i < 9; ++i) CHECK(same_values(back[i], values[i]));
  CHECK(back[9].toInt() == 5);
  CHECK(back[10].toStringRef() == "text");
  CHECK(back[11].isNone());
  CHECK(back[1].toTensor().is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(same_values(file.get(second)[0], values[5]));
}

TEST_CASE("a folder that takes no file is told", "[repair]") {
  const auto error = error_of([] { ValueFile("/proc/nowhere"); });
  CHECK(error.kind() == ErrorKind::Output);
  CHECK(contains(error.what(), "/proc/nowhere"));
}
