#include "data/sample_reader.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "data/bytes.h"
#include "data/convert_samples.h"
#include "data/npy.h"
#include "data/npz.h"
#include "data/tensor_file.h"

namespace actsparse {
namespace {

struct Format {
  std::string extension;
  OpenSamples open;
};

// The table: a line per format, each with a line in config/data_formats.cpp.
std::vector<Format>& formats() {
  static std::vector<Format> table = {
      {".npy",
       [](const FileInput& input) { return open_npy(open_file(input.path, ErrorKind::Data)); }},
      {".npz", [](const FileInput& input) { return open_npz(input.path, input.member); }},
      {".pt", [](const FileInput& input) { return open_tensor_file(input.path); }},
  };
  return table;
}

std::vector<Format>::iterator find_format(const std::string& extension) {
  return std::find_if(formats().begin(), formats().end(),
                      [&](const Format& format) { return format.extension == extension; });
}

}  // namespace

std::unique_ptr<SampleReader> open_samples(const FileInput& input) {
  const std::string extension = input.path.extension().string();
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::Data, input.path.string() + ": " + what);
  };
  const auto* known = find_data_format(extension);
  if (!input.member.empty() && (known == nullptr || !known->has_members))
    fail("'member' is for " + member_extensions() + " files; leave it out");
  const auto format = find_format(extension);
  if (format == formats().end())
    fail("unknown kind of data file '" + extension + "'; give a " + data_extensions() + " file");
  return convert_samples(format->open(input), input);
}

RegisterFormat::RegisterFormat(const DataFormat& format, OpenSamples open)
    : extension_(format.extension) {
  if (find_data_format(extension_) != nullptr)
    throw Error(ErrorKind::Usage, "data files '" + extension_ + "' have a reader already");
  add_data_format(format);
  formats().push_back({extension_, std::move(open)});
}

RegisterFormat::~RegisterFormat() {
  remove_data_format(extension_);
  formats().erase(find_format(extension_));
}

}  // namespace actsparse
