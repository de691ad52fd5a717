// States that lie. Each change of a good one is refused with a message of its own.
#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/ops/zeros.h>

#include <functional>
#include <set>

#include "sparsifier/helpers.h"
#include "sparsifier/json_ivalue.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using c10::IValue;
using Dict = c10::impl::GenericDict;

namespace {

// Layer a is masked, b has features and is masked, both squashed.
StateDict squashed() {
  auto sparsifier = sparsifier_of(chain());
  sparsifier.register_layer("a");
  sparsifier.register_layer("b", features_of({2, 0}));
  forward(sparsifier, normal({3, 4}, 1));
  sparsifier.step();
  sparsifier.squash_mask();
  return sparsifier.state_dict();
}

Dict dict(const Dict& parent, const std::string& key) { return parent.at(key).toGenericDict(); }

struct Document {
  Dict top = to_ivalue(squashed()).toGenericDict();
  Dict meta = dict(top, "meta");
  Dict a = dict(dict(top, "data_groups"), "a");
  Dict b = dict(dict(top, "data_groups"), "b");
  Dict state_a = dict(dict(top, "state"), "a");
  Dict state_b = dict(dict(top, "state"), "b");
  Dict mask = dict(state_a, "mask");

  StateDict read() const { return state_from_ivalue(top); }
};

void remove(const Dict& from, const std::string& key) { REQUIRE(from.erase(key) == 1); }

using Change = std::function<void(Document&)>;

std::string refusal(const Change& change) {
  Document document;
  change(document);
  const Error error = error_of([&] { document.read(); });
  CHECK(error.kind() == ErrorKind::State);
  return error.what();
}

IValue list_of(const std::vector<int64_t>& values) {
  auto list = untyped_list();
  for (const int64_t value : values) list.push_back(value);
  return list;
}

// {the change, what the message must say}
struct Case {
  Change change;
  std::string message;
};

void check_all(const std::vector<Case>& cases) {
  std::set<std::string> messages;
  for (const auto& [change, expected] : cases) {
    const std::string message = refusal(change);
    INFO(message);
    CHECK(contains(message, expected));
    CHECK(messages.insert(message).second);
  }
}

}  // namespace

TEST_CASE("an untouched state is read", "[sparsifier]") {
  check_equal(Document().read(), squashed());
}

TEST_CASE("missing parts of a state are named", "[sparsifier]") {
  std::vector<Case> cases;
  for (const char* key : {"state", "data_groups", "defaults", "meta"})
    cases.push_back(
        {[=](Document& d) { remove(d.top, key); }, "the file lacks '" + std::string(key)});
  for (const char* key :
       {"aggregate_fn", "reduce_fn", "mask_fn", "sparse_config", "features", "feature_dim",
        "hook_state", "type", "input", "calls", "input_shape", "input_dtype"})
    cases.push_back(
        {[=](Document& d) { remove(d.a, key); }, "data_groups.a lacks '" + std::string(key) + "'"});
  for (const char* key : {"format_version", "tool_version", "libtorch_version", "model", "method",
                          "batches", "arguments", "function_sources"})
    cases.push_back(
        {[=](Document& d) { remove(d.meta, key); }, "meta lacks '" + std::string(key) + "'"});
  cases.push_back({[](Document& d) { remove(d.state_a, "mask"); }, "lacks 'mask'"});
  cases.push_back({[](Document& d) { remove(dict(d.top, "state"), "b"); }, "lacks 'b'"});
  check_all(cases);
}

TEST_CASE("parts of a wrong type are named", "[sparsifier]") {
  check_all({
      {[](Document& d) { d.top.insert_or_assign("meta", int64_t{1}); }, "meta is not a dict"},
      {[](Document& d) { d.top.insert_or_assign("state", list_of({})); }, "state is not a dict"},
      {[](Document& d) { d.meta.insert_or_assign("format_version", "1"); },
       "format_version is not"},
      {[](Document& d) { d.meta.insert_or_assign("format_version", int64_t{0}); },
       "format_version is 0"},
      {[](Document& d) { d.meta.insert_or_assign("format_version", int64_t{4}); },
       "newer actsparse"},
      {[](Document& d) { d.meta.insert_or_assign("batches", int64_t{-1}); },
       "batches is not a count"},
      {[](Document& d) { d.meta.insert_or_assign("model", IValue()); }, "model is not a string"},
      {[](Document& d) { d.meta.insert_or_assign("arguments", "x"); }, "arguments is not a list"},
      {[](Document& d) { d.meta.insert_or_assign("takes_one_size", int64_t{1}); },
       "neither true nor false"},
      {[](Document& d) { d.a.insert_or_assign("calls", 1.5); }, "calls is not a count"},
      {[](Document& d) { d.a.insert_or_assign("input", int64_t{-1}); }, "input is not a count"},
      {[](Document& d) { d.a.insert_or_assign("hook_state", "sleeping"); },
       "hook_state is 'sleeping'"},
      {[](Document& d) { d.a.insert_or_assign("input_dtype", "Flaot"); },
       "names no dtype: 'Flaot'"},
      {[](Document& d) { d.a.insert_or_assign("input_dtype", "QInt8"); },
       "names no dtype: 'QInt8'"},
      {[](Document& d) { d.a.insert_or_assign("input_dtype", "Undefined"); },
       "names no dtype: 'Undefined'"},
      {[](Document& d) {
         d.a.insert_or_assign("input_shape", list_of({3, -4}));
       },
       "input_shape is not a list of sizes"},
      {[](Document& d) { d.a.insert_or_assign("mask_fn", int64_t{3}); }, "data_groups.a.mask_fn"},
      {[](Document& d) { d.a.insert_or_assign("features", "all"); }, "data_groups.a.features"},
      {[](Document& d) { d.a.insert_or_assign("sparse_config", tensor1d({1})); }, "Tensor"},
      {[](Document& d) { d.a.insert_or_assign("data", int64_t{1}); }, "data is not a tensor"},
      {[](Document& d) { d.state_a.insert_or_assign("mask", "none"); },
       "a mask is not a dict of its parts"},
  });
}

TEST_CASE("masks whose parts do not fit together are refused", "[sparsifier]") {
  const auto longs = [](const std::vector<double>& values) {
    return tensor1d(values).to(at::kLong);
  };
  check_all({
      {[](Document& d) { remove(d.mask, "size"); }, "lacks its 'size'"},
      {[](Document& d) { d.mask.insert_or_assign("indices", int64_t{1}); }, "lacks its 'indices'"},
      {[](Document& d) { remove(d.mask, "values"); }, "lacks its 'values'"},
      {[&](Document& d) {
         d.mask.insert_or_assign("indices", longs({0, 4}).view({1, 2}));
       },
       "indices, values and size do not fit together"},
      {[](Document& d) {
         d.mask.insert_or_assign("size", list_of({int64_t{1} << 40, 1 << 30}));
       },
       "size is not a list of sensible integers"},
  });
  for (const auto& indices :
       {longs({-1, 0}).view({1, 2}), longs({0, 1}), longs({0, 1, 2}).view({1, 3}),
        longs({0, 1, 0, 1}).view({2, 2}), tensor1d({0, 1}).view({1, 2})})
    CHECK(contains(refusal([&](Document& d) { d.mask.insert_or_assign("indices", indices); }),
                   "do not fit together"));
  for (const auto& size : {list_of({-4}), list_of({2, -1}), list_of({int64_t{1} << 29})})
    CHECK(contains(refusal([&](Document& d) { d.mask.insert_or_assign("size", size); }),
                   "size is not a list of sensible integers"));
}

TEST_CASE("features, masks and data that do not fit together are refused", "[sparsifier]") {
  check_all({
      {[](Document& d) { d.b.insert_or_assign("features", list_of({2})); },
       "layer 'b' does not have one tensor per feature"},
      {[](Document& d) {
         d.a.insert_or_assign("features", list_of({0, 1}));
         d.a.insert_or_assign("feature_dim", int64_t{1});
       },
       "layer 'a' does not"},
      {[](Document& d) { d.b.insert_or_assign("feature_dim", IValue()); },
       "data_groups.b: need feature_dim to select features"},
      {[](Document& d) { d.b.insert_or_assign("feature_dim", int64_t{2}); },
       "feature_dim 2 is out of range for an input of shape [3, 4]"},
      {[](Document& d) {
         d.b.insert_or_assign("features", list_of({0, 4}));
       },
       "data_groups.b: feature 4 is out of range"},
      {[](Document& d) { d.b.insert_or_assign("input_shape", list_of({})); }, "input of shape []"},
      {[](Document& d) { d.a.insert_or_assign("input_shape", list_of({})); },
       "data_groups.a: its mask has more dimensions than the input"},
      {[](Document& d) { d.a.insert_or_assign("input_dtype", IValue()); },
       "lacks its input's dtype"},
      {[](Document& d) {
         d.b.insert_or_assign("input_dtype", IValue());
         d.state_b.insert_or_assign("mask", IValue());
       },
       "data_groups.b lacks its input's dtype"},
  });
}
