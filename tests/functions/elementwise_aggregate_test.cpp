#include "functions/elementwise_aggregate.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros_like.h>

#include "functions/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

TEST_CASE("a smaller last batch is refused, not broadcast", "[functions]") {
  const auto sum = aggregate_of("sum");
  sum->update(random_tensor({16, 3}, 1));
  const auto before = sum->data().clone();
  const Error error = error_of([&] { sum->update(random_tensor({1, 3}, 2)); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(error.what() ==
        std::string("input of shape [1, 3] after [16, 3]: an elementwise aggregate needs equal "
                    "shapes; set data.drop_last to true or choose a data.batch_size that divides "
                    "the number of samples"));
  CHECK(sum->calls() == 1);
  CHECK(same_bits(sum->data(), before));
}

TEST_CASE("inputs of another dtype are refused", "[functions]") {
  const auto max = aggregate_of("max");
  max->update(tensor_of({1, 2}));
  const Error error = error_of([&] { max->update(tensor_of({1, 2}, {2}, at::kDouble)); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "input of dtype float64 after float32"));
}

TEST_CASE("value() before any input is a bug of the caller", "[functions]") {
  const auto sum = aggregate_of("sum");
  CHECK(error_of([&] { sum->value(); }).kind() == ErrorKind::Internal);
  CHECK(!sum->data().defined());
  CHECK(sum->calls() == 0);
}

TEST_CASE("the input is neither kept nor written to", "[functions]") {
  for (const char* name : {"sum", "max", "abs_max", "nonzero"}) {
    INFO(name);
    const auto aggregate = aggregate_of(name);
    auto first = random_tensor({4, 3}, 1), second = random_tensor({4, 3}, 2);
    const auto copies = std::make_pair(first.clone(), second.clone());
    aggregate->update(first);
    aggregate->update(second);
    CHECK(same_bits(first, copies.first));
    CHECK(same_bits(second, copies.second));
    const auto value = aggregate->value().clone();
    first.fill_(100);
    second.fill_(100);
    CHECK(same_bits(aggregate->value(), value));
  }
}

TEST_CASE("no graph is kept of inputs that require grad", "[functions]") {
  for (const char* name : {"sum", "mean", "max", "rms"}) {
    const auto aggregate = aggregate_of(name);
    for (unsigned seed : {1U, 2U}) aggregate->update(random_tensor({3}, seed).requires_grad_());
    CHECK(!aggregate->data().requires_grad());
    CHECK(!aggregate->value().requires_grad());
  }
}

TEST_CASE("expanded and transposed inputs aggregate into dense memory", "[functions]") {
  for (const char* name : {"sum", "max", "abs_sum"}) {
    INFO(name);
    const auto row = random_tensor({1, 3}, 5), other = random_tensor({3, 4}, 6);
    const auto strided = aggregate_of(name), plain = aggregate_of(name);
    strided->update(row.expand({4, 3}));
    strided->update(other.transpose(0, 1));
    plain->update(row.expand({4, 3}).contiguous());
    plain->update(other.transpose(0, 1).contiguous());
    CHECK(same_bits(strided->value(), plain->value()));
    CHECK(strided->data().is_non_overlapping_and_dense());
  }
}

TEST_CASE("value() and data() stay as they are when more is taken in", "[functions]") {
  for (const char* name : {"sum", "max"}) {
    const auto aggregate = aggregate_of(name);
    aggregate->update(tensor_of({1, 2}));
    const auto data = aggregate->data(), value = aggregate->value();
    const auto view = aggregate->data().slice(0, 0, 1);
    aggregate->update(tensor_of({5, 6}));
    CHECK(flat(data) == std::vector<double>{1, 2});
    CHECK(flat(value) == std::vector<double>{1, 2});
    CHECK(flat(view) == std::vector<double>{1});
  }
}

TEST_CASE("sum adds in place once nobody holds its data", "[functions]") {
  const auto sum = aggregate_of("sum");
  sum->update(tensor_of({1, 2}));
  const void* memory = sum->data().data_ptr();
  sum->update(tensor_of({5, 6}));
  CHECK(sum->data().data_ptr() == memory);
}

TEST_CASE("an aggregate continues from what another one kept", "[functions]") {
  for (const char* name : {"sum", "mean", "rms", "max", "nonzero"}) {
    INFO(name);
    const auto whole = aggregate_of(name), first = aggregate_of(name), second = aggregate_of(name);
    for (unsigned seed = 0; seed < 4; ++seed) {
      const auto x = random_tensor({2, 3}, seed);
      whole->update(x);
      if (seed == 2) second->restore(first->data(), first->calls());
      (seed < 2 ? first : second)->update(x);
    }
    CHECK(second->calls() == 4);
    CHECK(same_bits(second->value(), whole->value()));
    CHECK(first->calls() == 2);
  }
}

TEST_CASE("restored data are copied, and inputs must fit them", "[functions]") {
  const auto sum = aggregate_of("sum");
  const auto data = tensor_of({1, 2});
  sum->restore(data, 3);
  CHECK(error_of([&] { sum->update(tensor_of({1})); }).kind() == ErrorKind::Data);
  CHECK(contains(error_of([&] {
                   sum->update(tensor_of({1, 2}, {2}, at::kDouble));
                 }).what(),
                 "input of dtype float64 after float32"));
  sum->update(tensor_of({1, 1}));
  CHECK(flat(sum->data()) == std::vector<double>{2, 3});
  CHECK(flat(data) == std::vector<double>{1, 2});
}

TEST_CASE("data and calls that do not fit together are refused", "[functions]") {
  const auto sum = aggregate_of("sum");
  CHECK(error_of([&] { sum->restore(at::Tensor(), 1); }).kind() == ErrorKind::State);
  CHECK(error_of([&] { sum->restore(tensor_of({1}), 0); }).kind() == ErrorKind::State);
  CHECK(error_of([&] { sum->restore(tensor_of({1}), -1); }).kind() == ErrorKind::State);
  sum->update(tensor_of({1, 2}));
  sum->restore(at::Tensor(), 0);
  sum->update(tensor_of({3}));
  CHECK(flat(sum->value()) == std::vector<double>{3});
}

TEST_CASE("0-d and empty inputs aggregate", "[functions]") {
  for (const char* name : {"sum", "mean", "rms", "max", "abs_max", "nonzero"}) {
    INFO(name);
    const auto scalar = aggregate_of(name), empty = aggregate_of(name);
    scalar->update(tensor_of({2}).squeeze());
    empty->update(tensor_of({}, {0, 3}));
    empty->update(tensor_of({}, {0, 3}));
    CHECK(scalar->value().dim() == 0);
    CHECK(empty->value().sizes() == at::IntArrayRef({0, 3}));
  }
}
