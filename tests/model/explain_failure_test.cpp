// Texts as LibTorch 1.13 and 2 put them, and models of this LibTorch that fail.
#include "model/explain_failure.h"

#include <ATen/ops/zeros.h>

#include "model/complaint.h"
#include "model/run_method.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

const std::vector<int64_t> nchw = {2, 3, 8, 8};

// A layer `type` with a weight; forward calls it on x.
Module network(const std::string& type, const std::vector<int64_t>& weight,
               const std::string& call) {
  Module layer("__torch__." + type);
  layer.register_attribute("training", c10::BoolType::get(), false);
  layer.register_parameter("weight", at::zeros(weight), false);
  layer.define("def forward(self, x: Tensor) -> Tensor:\n  return " + call + "\n");
  return make_module("Net", "def forward(self, x: Tensor) -> Tensor:\n  return self.l.forward(x)\n",
                     {{"l", layer}});
}

Module conv2d(int64_t in = 3) {
  return network("Conv2d", {8, in, 3, 3}, "torch.conv2d(x, self.weight)");
}
Module linear() { return network("Linear", {6, 4}, "torch.matmul(x, self.weight)"); }
Module embedding() { return network("Embedding", {9, 4}, "torch.embedding(self.weight, x)"); }

std::string told(const std::string& cause, const Module& module, const at::Tensor& x) {
  return explain_failure(cause, module, {{"x", x}});
}

std::string failure_of(Module module, const at::Tensor& x) {
  const Error error = error_of([&] { run_method(module, "forward", {x}); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.details(), "Traceback of TorchScript"));
  return error.what();
}

}  // namespace

TEST_CASE("a wrong dtype is told with the key that changes it", "[model]") {
  CHECK(failure_of(conv2d(), at::zeros(nchw, at::kByte)) ==
        "the model fails on this data: input 'x' is uint8 [2, 3, 8, 8], but the model wants "
        "float32 there: put \"dtype\": \"float32\" beside its \"path\" in data.inputs, or save it "
        "so (\"divide_by\": 255 makes pixels 0..1)");
  for (const auto dtype : {at::kByte, at::kDouble, at::kLong, at::kInt, at::kHalf}) {
    CAPTURE(dtype);
    const std::string wanted = "but the model wants float32 there";
    CHECK(contains(failure_of(conv2d(), at::zeros(nchw, dtype)), wanted));
    CHECK(contains(failure_of(linear(), at::zeros({2, 6}, dtype)), wanted));
  }
  CHECK(contains(failure_of(embedding(), at::zeros({2, 3})),
                 "input 'x' is float32 [2, 3], but the model wants int64 there"));
  CHECK(contains(failure_of(embedding(), at::zeros({2, 3}, at::kShort)), "wants int64 there"));
}

TEST_CASE("a wrong dtype is known in any version's words", "[model]") {
  const at::Tensor byte = at::zeros(nchw, at::kByte);
  for (const char* cause :
       {"expected scalar type Byte but found Float", "expected scalar type Float but found Byte",
        "Input type (unsigned char) and bias type (float) should be the same",
        "Input type (torch.ByteTensor) and weight type (torch.FloatTensor) should be the same",
        "Input type (CPUByteType) and weight type (CPUFloatType) should be the same or input "
        "should "
        "be a MKLDNN tensor and weight is a dense tensor",
        "mat1 and mat2 must have the same dtype", "Found dtype Float but expected Byte",
        "mat1 and mat2 must have the same dtype, but got Byte and Float",
        "expected m1 and m2 to have the same dtype, but got: unsigned char != float",
        "Input and parameter tensors are not the same dtype, found input tensor with Byte and "
        "parameter tensor with Float",
        "\"batch_norm\" not implemented for 'Byte'",
        "value cannot be converted to type uint8_t without overflow",
        "mean(): could not infer output dtype. Input dtype must be either a floating point or "
        "complex dtype. Got: Byte",
        "result type Float can't be cast to the desired output type Byte"}) {
    CAPTURE(cause);
    CHECK(contains(told(cause, conv2d(), byte),
                   "input 'x' is uint8 [2, 3, 8, 8], but the model "
                   "wants float32 there"));
  }
  const at::Tensor x = at::zeros({2, 3});
  for (const char* cause :
       {"Expected tensor for argument #1 'indices' to have one of the following scalar types: "
        "Long, Int; but got torch.FloatTensor instead (while checking arguments for embedding)",
        "tensors used as indices must be long, byte or bool tensors",
        "tensors used as indices must be long, int, byte or bool tensors",
        "gather(): Expected dtype int64 for index", "one_hot is only applicable to index tensor."})
    CHECK(contains(told(cause, embedding(), x), "float32 [2, 3], but the model wants int64"));
}

TEST_CASE("the input to blame is the one whose dtype is not the model's", "[model]") {
  const NamedInput tokens{"tokens", at::zeros({2}, at::kLong)}, x{"x", at::zeros({2, 3})},
      wide{"wide", at::zeros({2, 3}, at::kDouble)};
  const auto blamed = [&](const std::string& cause, const std::vector<NamedInput>& inputs) {
    return explain_failure(cause, linear(), inputs).substr(0, 12);
  };
  const std::string unnamed = "mat1 and mat2 must have the same dtype";
  CHECK(blamed(unnamed, {tokens, x, wide}) == "input 'wide'");
  CHECK(blamed("expected scalar type Float but found Double", {wide, x}) == "input 'wide'");
  CHECK(blamed(unnamed, {tokens, x}).empty());
  // What the model itself gets wrong is not laid on the data.
  CHECK(told("expected scalar type Long but found Float", embedding(), tokens.tensor).empty());
  CHECK(told("\"addmm\" not implemented for 'Half'", conv2d(), at::zeros(nchw)).empty());
}

TEST_CASE("channels in the last place are told with the permutation", "[model]") {
  CHECK(failure_of(conv2d(), at::zeros({2, 8, 9, 3})) ==
        "the model fails on this data: input 'x' is float32 [2, 8, 9, 3], but the model wants 3 "
        "channels in dimension 1, which are in dimension 3: put \"permute\": [0, 3, 1, 2] beside "
        "its \"path\" in data.inputs, or for images \"layout\": \"NCHW\"");
  const Module conv1d = network("Conv1d", {4, 3, 3}, "torch.conv1d(x, self.weight)");
  CHECK(contains(failure_of(conv1d, at::zeros({2, 9, 3})), "\"permute\": [0, 2, 1]"));
  const Module norm = network("BatchNorm2d", {3},
                              "torch.batch_norm(x, None, None, self.weight, self.weight, "
                              "False, 0.1, 1e-5, False)");
  CHECK(contains(failure_of(norm, at::zeros({2, 8, 8, 3})), "\"permute\": [0, 3, 1, 2]"));
  // The other way round, for layers that want them in the last place.
  CHECK(contains(told("input.size(-1) must be equal to input_size. Expected 3, got 9", linear(),
                      at::zeros({2, 3, 9})),
                 "wants 3 channels in dimension 2, which are in dimension 1: put \"permute\": "
                 "[0, 2, 1]"));
  CHECK(contains(told("passed-in embed_dim 8 didn't match last dim of query 4", linear(),
                      at::zeros({2, 8, 4})),
                 "\"permute\": [0, 2, 1]"));
}

TEST_CASE("another number of channels is told", "[model]") {
  CHECK(contains(failure_of(conv2d(), at::zeros({2, 4, 8, 8})),
                 "input 'x' is float32 [2, 4, 8, 8], but the model wants 3 channels in dimension "
                 "1, not 4"));
  CHECK(contains(failure_of(conv2d(), at::zeros({2, 1, 8, 8})), "wants 3 channels in dimension 1"));
  CHECK(
      contains(failure_of(conv2d(1), at::zeros({2, 3, 8, 8})), "wants 1 channels in dimension 1"));
  CHECK(contains(told("Given groups=2, weight of size [8, 4, 3, 3], expected input[2, 3, 8, 8] to "
                      "have 6 channels, but got 3 channels instead",
                      conv2d(), at::zeros(nchw)),
                 "wants 6 channels in dimension 1, not 3"));
}

TEST_CASE("a missing dimension is told with how to add it", "[model]") {
  const std::string wanted =
      "but the model wants 4 dimensions [samples, channels, height, width]: ";
  CHECK(contains(failure_of(conv2d(), at::zeros({5, 8, 8})),
                 "input 'x' is float32 [5, 8, 8], " + wanted +
                     "dimension 0 must count samples; a single one is saved as x[None]"));
  CHECK(contains(failure_of(conv2d(1), at::zeros({32, 8, 8})),
                 wanted + "\"permute\": [0, null, 1, 2] beside its \"path\" in data.inputs adds "
                          "the channel"));
  CHECK(contains(failure_of(conv2d(), at::zeros({8, 8})), wanted));
  CHECK(contains(failure_of(conv2d(), at::zeros({2, 1, 3, 8, 8})), wanted + "save it without"));
  // The convolution takes one image for a sample; what comes after it does not.
  CHECK(contains(told("mat1 and mat2 shapes cannot be multiplied (8x64 and 512x10)", conv2d(),
                      at::zeros({3, 8, 8})),
                 wanted));
  CHECK(contains(
      told("builtins.ValueError: expected 4D input (got 3D input)", linear(), at::zeros({3, 8, 8})),
      wanted));
  CHECK(contains(told("Expected 4-dimensional input for 4-dimensional weight [8, 3, 3, 3], but got "
                      "3-dimensional input of size [3, 8, 8] instead",
                      linear(), at::zeros({3, 8, 8})),
                 wanted));
  CHECK(contains(told("Dimension out of range (expected to be in range of [-3, 2], but got 3)",
                      linear(), at::zeros({3, 8, 8})),
                 "the model wants 4 dimensions"));
}

TEST_CASE("what is not recognised stays as it was", "[model]") {
  const at::Tensor x = at::zeros(nchw);
  for (const char* cause : {"mat1 and mat2 shapes cannot be multiplied (2x648 and 512x10)",
                            "needs 3 dims", "", "index out of range in self", "AssertionError",
                            "shape '[4, 5]' is invalid for input of "
                            "size 384"}) {
    CAPTURE(cause);
    CHECK(told(cause, conv2d(), x).empty());
    CHECK(explain_failure(cause, conv2d(), {}).empty());
  }
  // A model that adds the channels itself fails for another reason.
  const Module conv1d = network("Conv1d", {8, 1, 3}, "torch.conv1d(x.unsqueeze(1), self.weight)");
  CHECK(told("mat1 and mat2 shapes cannot be multiplied (4x648 and 512x10)", conv1d,
             at::zeros({4, 9}))
            .empty());
}

TEST_CASE("the first of a list stands for it", "[model]") {
  Module layer("__torch__.Conv2d");
  layer.register_parameter("weight", at::zeros({8, 3, 3, 3}), false);
  const Module model = make_module("Net",
                                   "def forward(self, xs: List[Tensor]):\n"
                                   "  return torch.conv2d(xs[0], self.l.weight)\n",
                                   {{"l", layer}});
  const c10::List<at::Tensor> images({at::zeros(nchw, at::kByte)});
  Module copy = model;
  const Error error = error_of([&] { run_method(copy, "forward", {images}); });
  CHECK(contains(error.what(), "input 'xs[0]' is uint8 [2, 3, 8, 8]"));
  const std::string cause =
      "Given groups=1, weight of size [8, 3, 3, 3], expected input[1, 4, 8, 8] to have 3 channels, "
      "but got 4 channels instead";
  const at::Tensor image = at::zeros({4, 8, 8});
  CHECK(contains(explain_failure(cause, model, {{"x", image}}), "4 dimensions"));
  CHECK(explain_failure(cause, model, {{"xs[0]", image, true}}).empty());
}

TEST_CASE("a complaint is read for its sizes, ranks and numbers", "[model]") {
  const Complaint conv = read_complaint(
      "Given groups=1, weight of size [8, 3, 3, 3], expected input[1, 5, 8, 8] to have 3 channels, "
      "but got 5 channels instead");
  CHECK(conv.sizes == std::vector<std::vector<int64_t>>{{8, 3, 3, 3}, {1, 5, 8, 8}});
  CHECK(conv.numbers == std::vector<int64_t>{1, 3, 5});
  CHECK(conv.channels == 3);
  CHECK(conv.ranks.empty());
  const Complaint ranks =
      read_complaint("Expected 3D (unbatched) or 4D (batched) input to conv2d, not 2-dimensional");
  CHECK(ranks.ranks == std::vector<int64_t>{3, 4, 2});
  const Complaint product = read_complaint("mat1 and mat2 cannot be multiplied (8x64 and 512x10)");
  CHECK(product.rows == 8);
  CHECK(read_complaint("[1, x] [ 99999999999999999999 [-3, 2]").sizes.empty());
}
