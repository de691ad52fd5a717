#include "commands/input_files.h"

#include <algorithm>
#include <filesystem>

#include "config/data_formats.h"

namespace actsparse {

void add_input_option(CLI::App& command, std::vector<std::string>& files) {
  command
      .add_option("--input", files,
                  "A batch in place of the config's data: " + data_extensions() +
                      "; once for each argument of the method, or a .pt with all of them")
      ->allow_extra_args(false);
}

DataConfig data_of_files(const std::vector<std::string>& files) {
  DataConfig data;
  data.base = std::filesystem::current_path();
  if (std::all_of(files.begin(), files.end(), [](const auto& file) { return is_batch_file(file); }))
    data.batches = files;
  else
    for (const auto& file : files)
      data.inputs.emplace_back(FileInput{std::filesystem::absolute(file), file, ""});
  return data;
}

}  // namespace actsparse
