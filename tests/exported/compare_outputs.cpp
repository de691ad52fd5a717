// Compares what models give with what PyTorch said they give. Usage: compare_outputs FOLDER: each
// NAME.pt2 in it with NAME.expected.pt, both of make_archives.py.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <vector>

#include "exported/expected.h"

namespace fs = std::filesystem;

int main(int argc, char** argv) try {
  if (argc != 2) throw std::runtime_error("usage: compare_outputs FOLDER");
  std::vector<fs::path> archives;
  for (const auto& entry : fs::directory_iterator(argv[1]))
    if (entry.path().extension() == ".pt2") archives.push_back(entry.path());
  std::sort(archives.begin(), archives.end());
  for (const auto& archive : archives) {
    std::cout << archive.stem().string() << ": ";
    try {
      const auto found = actsparse::compare_with_expected(
          archive.string(), fs::path(archive).replace_extension("expected.pt").string());
      std::cout << found.difference << (found.equal ? " (bit for bit)" : "") << std::endl;
    } catch (const std::exception& error) {
      std::cout << error.what() << std::endl;
    }
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "compare_outputs: " << error.what() << "\n";
  return 2;
}
