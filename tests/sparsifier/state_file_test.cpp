#include "sparsifier/state_file.h"

#include <ATen/core/Dict.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <fstream>

#include "sparsifier/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/npy_writer.h"
#include "support/process.h"

using namespace actsparse;

namespace {

// One layer with a mask and new data, one with features.
StateDict rich_state() {
  auto sparsifier = sparsifier_of(chain());
  sparsifier.register_layer("a");
  sparsifier.register_layer("b", features_of({2, 0}));
  forward(sparsifier, normal({3, 4}, 1));
  sparsifier.step();
  forward(sparsifier, normal({3, 4}, 2));
  StateDict state = sparsifier.state_dict();
  state.meta.tool_version = "0.1.0";
  state.meta.model = "m.pt";
  state.meta.model_digest = std::string(64, 'a');
  state.meta.batches = 2;
  state.meta.samples = 6;
  state.meta.takes_one_size = true;
  state.meta.arguments = {{{3, 4}, at::kFloat, {}}, {{}, std::nullopt, c10::IValue(0.5)}};
  state.meta.function_sources = {{"f.py", "def f(x: Tensor) -> Tensor:\n  return x\n"}};
  return state;
}

std::string failure(const std::filesystem::path& path) {
  const Error error = error_of([&] { read_state(path); });
  CHECK(error.kind() == ErrorKind::State);
  CHECK(contains(error.what(), path.string()));
  CHECK_FALSE(contains(error.what(), "\n"));
  return error.what();
}

}  // namespace

TEST_CASE("a state comes back from its file whole", "[sparsifier]") {
  const StateDict state = rich_state(), back = through_file(state);
  check_equal(back, state);
  CHECK(back.meta.tool_version == "0.1.0");
  CHECK(back.meta.model == "m.pt");
  CHECK(back.meta.model_digest == state.meta.model_digest);
  CHECK(back.meta.method == "forward");
  CHECK(back.meta.mode == "eval");
  CHECK(back.meta.batches == 2);
  CHECK(back.meta.samples == 6);
  CHECK(back.meta.takes_one_size);
  CHECK(samples_of(back.meta) == 0);
  REQUIRE(back.meta.arguments.size() == 2);
  CHECK(back.meta.arguments[0].shape == std::vector<int64_t>{3, 4});
  CHECK(back.meta.arguments[0].dtype == at::kFloat);
  CHECK_FALSE(back.meta.arguments[1].dtype);
  CHECK(back.meta.arguments[1].constant.toDouble() == 0.5);
  REQUIRE(back.meta.function_sources.size() == 1);
  CHECK(back.meta.function_sources[0].text == state.meta.function_sources[0].text);
}

TEST_CASE("writing what was read gives the same bytes", "[sparsifier]") {
  const StateDict state = rich_state();
  const std::string bytes = state_bytes(state);
  const bool again = state_bytes(rich_state()) == bytes;
  CHECK(again);
  const bool rewritten = state_bytes(through_file(state)) == bytes;
  CHECK(rewritten);
}

TEST_CASE("LibTorch's pickle_load reads a state", "[sparsifier]") {
  const std::string bytes = state_bytes(rich_state());
  const auto document =
      torch::jit::pickle_load(std::vector<char>(bytes.begin(), bytes.end())).toGenericDict();
  const auto group = document.at("data_groups").toGenericDict().at("a").toGenericDict();
  CHECK(bit_equal(group.at("data").toTensor(), normal({3, 4}, 2)));
  const auto meta = document.at("meta").toGenericDict();
  CHECK(meta.begin()->key().toStringRef() == "format_version");
  CHECK(meta.at("format_version").toInt() == 1);
}

TEST_CASE("Python's torch.load reads a state with its defaults", "[sparsifier]") {
  const TemporaryFolder folder;
  write_file(folder / "state.pt", state_bytes(rich_state()));
  const std::string script =
      "import torch\n"
      "state = torch.load('state.pt')\n"
      "assert list(state) == ['state', 'data_groups', 'defaults', 'meta'], list(state)\n"
      "m = state['state']['a']['mask']\n"
      "mask = torch.sparse_coo_tensor(m['indices'], m['values'], m['size']).to_dense()\n"
      "print(mask.dtype, mask.tolist())\n"
      "print(state['data_groups']['b']['features'], state['data_groups']['b']['feature_dim'])\n"
      "print(state['defaults']['reduce_fn'])\n";
  const auto python = run_process({"/usr/bin/python3", "-c", script}, folder.path());
  INFO(python.err);
  REQUIRE(python.exit_code == 0);
  CHECK(contains(python.out, "torch.float32 ["));
  CHECK(contains(python.out, "[2, 0] 1\n"));
  CHECK(contains(python.out, "{'dim': [0], 'name': 'mean'}"));
}

TEST_CASE("absent, broken and too new states are told apart", "[sparsifier]") {
  const TemporaryFolder folder;
  CHECK(contains(failure(folder / "absent.pt"), "does not exist"));
  CHECK_FALSE(failure(folder.path()).empty());
  write_file(folder / "empty.pt", "");
  CHECK_FALSE(failure(folder / "empty.pt").empty());
  write_file(folder / "text.pt", "hello");
  CHECK(contains(failure(folder / "text.pt"), "is not a file of torch.save"));
  write_pt(folder / "tensor.pt", tensor1d({1}));
  CHECK(contains(failure(folder / "tensor.pt"),
                 "not a whole actsparse state: the file is not a dict"));
  std::string newer = state_bytes(rich_state());
  auto document = to_ivalue(rich_state());
  document.toGenericDict().at("meta").toGenericDict().insert_or_assign("format_version",
                                                                       int64_t{4});
  write_pt(folder / "newer.pt", document);
  CHECK(contains(failure(folder / "newer.pt"), "written by a newer actsparse (state format 4"));
}

TEST_CASE("a truncated state is broken, wherever it was cut", "[sparsifier]") {
  const TemporaryFolder folder;
  const std::string bytes = state_bytes(rich_state());
  for (size_t percent = 2; percent < 100; percent += 7) {
    write_file(folder / "state.pt", bytes.substr(0, bytes.size() * percent / 100));
    CHECK_FALSE(failure(folder / "state.pt").empty());
  }
}

TEST_CASE("a state with flipped bytes fails with an error or is read, but never crashes",
          "[sparsifier]") {
  const TemporaryFolder folder;
  const std::string bytes = state_bytes(rich_state());
  for (size_t i = 0; i < 300; ++i) {
    std::string flipped = bytes;
    const size_t at = i * bytes.size() / 300;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x15);
    write_file(folder / "state.pt", flipped);
    try {
      read_state(folder / "state.pt");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::State);
    }
  }
}

TEST_CASE("a disk that takes no state is an output error", "[sparsifier]") {
  std::ofstream full("/dev/full", std::ios::binary);
  const Error error = error_of([&] { write_state(rich_state(), full << std::unitbuf); });
  CHECK(error.kind() == ErrorKind::Output);
}

TEST_CASE("a state in memory comes back, and a damaged one is refused", "[sparsifier]") {
  const std::string bytes = state_bytes(rich_state());
  const bool same = state_bytes(state_from_bytes(bytes)) == bytes;
  CHECK(same);
  const Error error = error_of([&] { state_from_bytes(bytes.substr(0, bytes.size() / 2)); });
  CHECK(error.kind() == ErrorKind::State);
}
