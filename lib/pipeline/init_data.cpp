#include "pipeline/init_data.h"

#include <ATen/core/Tensor.h>

#include <algorithm>

#include "config/data_formats.h"
#include "data/sample_reader.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr int64_t usual_batch = 32, fewest_batches = 8;  // of which repair holds some out

std::string from(const fs::path& folder, const fs::path& file) {
  return fs::proximate(fs::absolute(file), fs::absolute(folder)).generic_string();
}

struct Samples {
  std::string path;
  at::Tensor first;
  int64_t count = 0;
};

Samples look_into(const fs::path& file, const fs::path& folder) {
  const auto reader = open_samples(FileInput{fs::absolute(file), file.string(), ""});
  return {from(folder, file), reader->read(0, 1), reader->size()};
}

bool has_channels_last(const at::Tensor& samples) {
  if (samples.dim() != 4) return false;
  const int64_t last = samples.size(3);
  return (last == 1 || last == 3 || last == 4) && samples.size(1) > 4;
}

ordered_json entry(const Samples& samples, bool as_float, bool moves_channels) {
  ordered_json input = {{"path", samples.path}};
  if (moves_channels && has_channels_last(samples.first)) input["permute"] = {0, 3, 1, 2};
  if (!as_float || samples.first.scalar_type() == at::kFloat) return input;
  input["dtype"] = "float32";
  if (samples.first.scalar_type() == at::kByte) input["divide_by"] = 255;
  return input;
}

ordered_json data_of(const std::vector<Samples>& all, bool as_float, bool moves_channels) {
  ordered_json data = {{"inputs", ordered_json::array()}};
  int64_t least = usual_batch;
  for (const auto& samples : all) {
    data["inputs"].push_back(entry(samples, as_float, moves_channels));
    least = std::min(least, std::max<int64_t>(1, samples.count / fewest_batches));
  }
  data["batch_size"] = least;
  return data;
}

}  // namespace

std::vector<ordered_json> likely_data(const std::vector<fs::path>& files, const fs::path& folder) {
  if (std::all_of(files.begin(), files.end(), is_batch_file)) {
    ordered_json batches = ordered_json::array();
    for (const auto& file : files) batches.push_back(from(folder, file));
    return {{{"batches", batches}}};
  }
  std::vector<Samples> all;
  for (const auto& file : files) all.push_back(look_into(file, folder));
  std::vector<ordered_json> forms;
  for (const bool as_float : {false, true})
    for (const bool moves_channels : {false, true}) {
      auto form = data_of(all, as_float, moves_channels);
      if (std::find(forms.begin(), forms.end(), form) == forms.end())
        forms.push_back(std::move(form));
    }
  return forms;
}

}  // namespace actsparse
