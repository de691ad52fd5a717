#include "data/unpickler.h"

#include <ATen/ops/zeros.h>

#include <random>
#include <stdexcept>

#include "support/catch.h"

using namespace actsparse;
using namespace std::string_literals;

namespace {

c10::IValue unpickled(const std::string& pickle) {
  return unpickle_value(pickle, [](const StoredTensor& stored) {
    REQUIRE(stored.key == "7");
    REQUIRE(stored.storage_elements == int64_t{1} << 31);
    return at::zeros(stored.sizes, stored.dtype);
  });
}

std::string unpickling_message(const std::string& pickle) {
  try {
    unpickled(pickle);
  } catch (const std::exception& error) {
    return error.what();
  }
  FAIL("no error");
  return "";
}

// torch.save's pickle of zeros(2, 3), a view of a storage of 2^31 elements (5 bytes in Python).
const std::string tensor_pickle =
    "\x80\x02"
    "ctorch._utils\n_rebuild_tensor_v2\nq\x00((X\x07\x00\x00\x00storageq\x01"
    "ctorch\nHalfStorage\nq\x02X\x01\x00\x00\x00"
    "7q\x03X\x03\x00\x00\x00"
    "cpuq\x04"
    "\x8a\x05\x00\x00\x00\x80\x00tq\x05QK\x00K\x02K\x03\x86K\x03K\x01\x86\x89"
    "ccollections\nOrderedDict\n)RtR."s;

}  // namespace

TEST_CASE("pickled scalars have their Python values", "[data]") {
  CHECK(unpickled("\x80\x02N."s).isNone());
  CHECK(unpickled("\x80\x02\x88."s).toBool());
  CHECK(unpickled("\x80\x02K\xff."s).toInt() == 255);
  CHECK(unpickled("\x80\x02M\x00\x01."s).toInt() == 256);
  CHECK(unpickled("\x80\x02J\xff\xff\xff\xff."s).toInt() == -1);
  CHECK(unpickled("\x80\x02\x8a\x00."s).toInt() == 0);
  CHECK(unpickled("\x80\x02\x8a\x05\x00\x00\x00\x00\x02."s).toInt() == int64_t{1} << 33);
  CHECK(unpickled("\x80\x02\x8a\x05\x00\x00\x00\x00\xfe."s).toInt() == -(int64_t{1} << 33));
  CHECK(unpickled("\x80\x02G\xbf\xe0\x00\x00\x00\x00\x00\x00."s).toDouble() == -0.5);
  CHECK(unpickled("\x80\x02X\x02\x00\x00\x00\xc3\xa9."s).toStringRef() == "\xc3\xa9");
}

// Python: d = OrderedDict(a=1); d._metadata = OrderedDict(); pickle.dumps(d, 2)
TEST_CASE("an OrderedDict with attributes, such as a state_dict, is its content", "[data]") {
  const auto dict = unpickled(
                        "\x80\x02"
                        "ccollections\nOrderedDict\nq\x00)Rq\x01X\x01\x00\x00\x00"
                        "aK\x01s}q\x02X\x09\x00\x00\x00"
                        "_metadatah\x00)Rsb."s)
                        .toGenericDict();
  REQUIRE(dict.size() == 1);
  CHECK(dict.at("a").toInt() == 1);
  CHECK(contains(unpickling_message("\x80\x02K\x01}b."s), "a Python object"));
}

TEST_CASE("pickled containers hold what is put into them", "[data]") {
  CHECK(unpickled("\x80\x02)."s).toTupleRef().elements().empty());
  CHECK(unpickled("\x80\x02K\x01K\x02K\x03\x87."s).toTupleRef().elements()[2].toInt() == 3);
  CHECK(unpickled("\x80\x02(K\x01K\x02K\x03K\x04t."s).toTupleRef().elements().size() == 4);
  CHECK(unpickled("\x80\x02]q\x00(K\x01K\x02"
                  "e."s)
            .toListRef()[1]
            .toInt() == 2);
  CHECK(unpickled("\x80\x02]q\x00K\x05"
                  "a."s)
            .toListRef()[0]
            .toInt() == 5);
  CHECK(unpickled("\x80\x02}K\x01K\x02s."s).toGenericDict().at(1).toInt() == 2);
  const auto shared = unpickled(
                          "\x80\x02]q\x00K\x05"
                          "ah\x00\x86."s)
                          .toTuple();
  CHECK(shared->elements()[0].is(shared->elements()[1]));
}

TEST_CASE("a pickled tensor names its storage, however large", "[data]") {
  const at::Tensor tensor = unpickled(tensor_pickle).toTensor();
  CHECK(tensor.scalar_type() == at::kHalf);
  CHECK(tensor.sizes() == at::IntArrayRef{2, 3});
}

TEST_CASE("a pickle in protocol 4 is read too", "[data]") {
  const std::string pickle =
      "\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x0b"
      "collections\x94\x8c\x0bOrderedDict\x94"
      "\x93)R\x94."s;
  CHECK(unpickled(pickle).toGenericDict().empty());
}

TEST_CASE("a pickle of a class that cannot be read names it", "[data]") {
  CHECK(contains(unpickling_message("\x80\x02"
                                    "cmodels\nNet\n)R."s),
                 "models.Net"));
  CHECK(contains(unpickling_message("\x80\x02"
                                    "cnumpy.core.multiarray\n_reconstruct\n."s),
                 "torch.from_numpy"));
  CHECK(contains(unpickling_message("\x80\x02"
                                    "ctorch._utils\n_rebuild_sparse_tensor\n."s),
                 "to_dense"));
  CHECK(contains(unpickling_message("\x80\x02"
                                    "cos\nsystem\n(X\x02\x00\x00\x00lstR."s),
                 "os.system"));
}

TEST_CASE("a pickle that breaks the rules is refused", "[data]") {
  const std::string pickle = GENERATE(
      ""s, "\x80\x02"s, "\x80\x02."s, "a."s, "e."s, "t."s, "u."s, "R."s, "Q."s, "(\x85."s,
      "h\x05."s,
      "K\x01"
      "a."s,
      "K\x01K\x02s."s,
      "]K\x01"
      "s."s,
      "}(K\x01u."s, "K\x01)R."s, "NQ."s, "q\x00."s, "X\xff\xff\xff\xffshort"s,
      "\x8a\x09"
      "123456789."s,
      "\xff."s, "ctorch\nFloatStorage\n."s, "ctorch\nFloatStorage\n)R."s,
      "ctorch._utils\n_rebuild_tensor_v2\n)R."s, "ctorch._utils\n_rebuild_tensor_v2\n(NNNNt R."s,
      "ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR."s,
      "ctorch.jit._pickle\nbuild_intlist\n]N"
      "a\x85R."s,
      "]q\x00h\x00"
      "a."s,
      "]q\x00(h\x00\x85"
      "e."s);
  CAPTURE(pickle);
  CHECK_THROWS_AS(unpickled(pickle), std::exception);
}

TEST_CASE("a dict cannot hold itself", "[data]") {
  CHECK(contains(unpickling_message("}q\x00K\x01h\x00s."s), "holds itself"));
  CHECK(contains(unpickling_message("]q\x00(h\x00\x85"
                                    "e."s),
                 "holds itself"));
}

TEST_CASE("values nested without end are refused", "[data]") {
  std::string tuples = "N", lists;
  for (int i = 0; i < 1000000; ++i) tuples += '\x85', lists += "]";
  CHECK(contains(unpickling_message(tuples + "."), "nested too deeply"));
  CHECK(contains(unpickling_message(lists + std::string(999999, 'a') + "."), "nested too deeply"));
}

TEST_CASE("a pickle cut off or damaged anywhere throws or gives a value", "[data]") {
  for (size_t length = 0; length < tensor_pickle.size(); ++length)
    unpickling_message(tensor_pickle.substr(0, length));
  std::mt19937 random(5);
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = tensor_pickle;
    for (uint32_t i = 0; i <= random() % 3; ++i)
      damaged[random() % damaged.size()] = static_cast<char>(random() & 255);
    try {
      unpickle_value(damaged, [](const StoredTensor&) { return at::zeros({1}); });
    } catch (const std::exception&) {
      ++refused;
    }
  }
  CHECK(refused > 10000);
}

TEST_CASE("values that are shared without end are refused before anyone copies them", "[data]") {
  std::string pickle = "\x80\x02]q\x00"s;  // each list holds the one before twice
  for (char i = 1; i < 60; ++i)
    pickle += "](h"s + static_cast<char>(i - 1) + "h" + static_cast<char>(i - 1) + "eq" + i;
  CHECK(contains(unpickling_message(pickle + "."), "would fill far more memory than the file"));
}
