#include "quality/output_tree.h"

#include <ATen/ATen.h>
#include <ATen/core/Dict.h>
#include <ATen/core/jit_type.h>

#include "quality/made_up.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using c10::IValue;

namespace {

IValue dict(const std::vector<std::pair<std::string, at::Tensor>>& entries) {
  c10::Dict<std::string, at::Tensor> values;
  for (const auto& [key, tensor] : entries) values.insert(key, tensor);
  return values;
}

IValue tensor_list(const std::vector<at::Tensor>& tensors) {
  return c10::List<at::Tensor>(tensors);
}

// (Tensor [8, 10], None, 3, {boxes: [Tensor [4], int64 Tensor [2]]})
IValue nested() {
  c10::Dict<std::string, c10::List<at::Tensor>> boxes;
  boxes.insert("boxes", c10::List<at::Tensor>({at::ones({4}), at::ones({2}, at::kLong)}));
  return tuple_of({at::ones({8, 10}), IValue(), int64_t{3}, boxes});
}

std::vector<std::string> paths_of(const IValue& value) {
  std::vector<std::string> paths;
  for (const auto& tensor : tensors_of(output_tree(value))) paths.push_back(tensor.path);
  return paths;
}

NamedTensor find(const IValue& value, const std::variant<int64_t, std::string>& where) {
  return find_tensor(output_tree(value), where);
}

Error mismatch(const IValue& baseline, const IValue& candidate) {
  const auto error = error_of([&] { pair_tensors(output_tree(baseline), output_tree(candidate)); });
  CHECK(error.kind() == ErrorKind::Check);
  return error;
}

}  // namespace

TEST_CASE("A lone tensor's path is empty, others are found by dotted paths", "[quality]") {
  CHECK(paths_of(at::ones({2})) == std::vector<std::string>{""});
  CHECK(paths_of(nested()) == std::vector<std::string>{"0", "3.boxes.0", "3.boxes.1"});
  CHECK(paths_of(IValue()).empty());
}

TEST_CASE("Fields of a named tuple go by their names and by their positions", "[quality]") {
  const auto type = c10::TupleType::createNamed(
      c10::QualifiedName("Out"), std::vector<std::string>{"logits", "hidden"},
      std::vector<c10::TypePtr>{c10::TensorType::get(), c10::TensorType::get()});
  const IValue value = c10::ivalue::Tuple::createNamed({at::ones({2, 3}), at::ones({2, 5})}, type);
  CHECK(paths_of(value) == std::vector<std::string>{"logits", "hidden"});
  CHECK(find(value, "hidden").tensor.size(1) == 5);
  CHECK(find(value, "1").path == "hidden");
  CHECK(find(value, int64_t{1}).path == "hidden");
}

TEST_CASE("A structure is described in one line", "[quality]") {
  CHECK(describe(output_tree(nested())) ==
        "(Tensor [8, 10], None, int, {boxes: [Tensor [4], Tensor [2] of Long]})");
}

TEST_CASE("An output is found by position, name and dotted path", "[quality]") {
  CHECK(find(at::ones({2}), int64_t{0}).path.empty());
  CHECK(find(nested(), int64_t{0}).path == "0");
  CHECK(find(nested(), "3.boxes.1").tensor.scalar_type() == at::kLong);
  CHECK(find(nested(), "3.0.1").path == "3.boxes.1");
  const auto dotted = dict({{"a.b", at::ones({7})}, {"a", at::ones({3})}});
  CHECK(find(dotted, "a.b").tensor.size(0) == 7);
  CHECK(find(dotted, "a").tensor.size(0) == 3);
}

TEST_CASE("An output that is not there is refused with those that are", "[quality]") {
  for (const std::variant<int64_t, std::string>& where :
       {std::variant<int64_t, std::string>(int64_t{4}),
        {int64_t{-1}},
        {std::string("logits")},
        {std::string("3")},
        {std::string("1")},
        {std::string("0.0")}}) {
    const auto error = error_of([&] { find(nested(), where); });
    CHECK(error.kind() == ErrorKind::Config);
    CHECK(contains(error.what(), "evaluate.output"));
    CHECK(contains(error.what(), "its tensors are '0', '3.boxes.0', '3.boxes.1'"));
  }
  CHECK(error_of([&] { find(at::ones({2}), int64_t{1}); }).kind() == ErrorKind::Config);
}

TEST_CASE("Outputs are paired by place, dict entries by name", "[quality]") {
  const auto pairs =
      pair_tensors(output_tree(dict({{"a", at::ones({1})}, {"b", at::ones({2})}})),
                   output_tree(dict({{"b", at::zeros({2})}, {"a", at::zeros({1})}})));
  REQUIRE(pairs.size() == 2);
  CHECK(pairs[0].path == "a");
  CHECK(pairs[0].candidate.size(0) == 1);
  CHECK(pairs[1].candidate.size(0) == 2);
}

TEST_CASE("Another floating dtype is no mismatch", "[quality]") {
  const auto pairs =
      pair_tensors(output_tree(at::ones({3})), output_tree(at::ones({3}, at::kBFloat16)));
  CHECK(pairs.size() == 1);
}

TEST_CASE("Another structure is refused with both", "[quality]") {
  const auto error = mismatch(at::ones({8, 10}), tuple_of({at::ones({8, 10})}));
  CHECK(contains(error.what(), "the candidate returns (Tensor [8, 10])"));
  CHECK(contains(error.what(), "the baseline Tensor [8, 10]"));
  mismatch(at::ones({8, 10}), at::ones({8, 9}));
  mismatch(at::ones({8}), at::ones({8}, at::kLong));
  mismatch(at::ones({8}), at::ones({8}, at::kComplexFloat));
  mismatch(tuple_of({at::ones({8}), IValue()}), tuple_of({at::ones({8}), at::ones({8})}));
  mismatch(tensor_list({at::ones({1})}), tensor_list({at::ones({1}), at::ones({1})}));
  mismatch(tensor_list({at::ones({1})}), tuple_of({at::ones({1})}));
  mismatch(dict({{"a", at::ones({1})}}), dict({{"b", at::ones({1})}}));
}

TEST_CASE("Plain tensors have the same numbers in the order of the indices", "[quality]") {
  const auto x = at::arange(24, at::kFloat).view({2, 3, 2, 2});
  const auto last = x.contiguous(at::MemoryFormat::ChannelsLast);
  const auto found = plain(last);
  CHECK(found.is_contiguous());
  CHECK(found.equal(x));
  CHECK(plain(x).data_ptr() == x.data_ptr());
  CHECK(plain(x.to(at::kHalf)).scalar_type() == at::kFloat);
  CHECK(plain(x.to(at::kDouble)).scalar_type() == at::kDouble);
  CHECK(plain(x.view({4, 6}).to_sparse()).equal(x.view({4, 6})));
  CHECK(plain(at::quantize_per_tensor(x, 1.0, 0, at::kQInt8)).equal(x));
}

TEST_CASE("a NestedTensor is the list of its parts", "[quality]") {
  const auto x = at::arange(24, at::kFloat).view({2, 3, 4});
  const auto tree = output_tree(at::_nested_tensor_from_mask(x, at::ones({2, 3}) > 0));
  CHECK(describe(tree) == "[Tensor [3, 4], Tensor [3, 4]]");
  CHECK(tensors_of(tree).at(1).tensor.equal(x[1]));
}
