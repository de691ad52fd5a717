// Files of the real NumPy and PyTorch.
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>

#include "data/batch_source.h"
#include "data/sample_reader.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/npy_writer.h"
#include "support/process.h"

using namespace actsparse;

namespace {

const std::string script = R"(
import collections, numpy as np, torch
x = np.arange(24).reshape(4, 3, 2)
for code in ['<f4', '>f4', '<f8', '<f2', '>i2', '<i8', '|u1', '|i1', '>c8', '<c16']:
    np.save('C' + code[1:] + '.npy', x.astype(code))
    np.save('F' + code[1:] + '.npy', np.asfortranarray(x.astype(code)))
np.savez('stored.npz', x=x, f=np.asfortranarray(x), y=x + 1)
np.savez_compressed('deflated.npz', x=x, f=np.asfortranarray(x), y=x + 1)
np.save('objects.npy', np.array([None, 'a'], dtype=object))
np.save('fields.npy', np.zeros(3, dtype=[('a', '<f4'), ('b', '<i4')]))
np.save('unsigned.npy', np.zeros(3, dtype='<u2'))
t = torch.from_numpy(x)
torch.save(t, 'tensor.pt')
torch.save(t.permute(0, 2, 1), 'view.pt')
torch.save(torch.nn.Parameter(t.float()), 'parameter.pt')
torch.save(t.float().requires_grad_(), 'grad.pt')
torch.save(t, 'protocol4.pt', pickle_protocol=4)
torch.save((t, [1, 2 ** 40, -3], {'a': t[1:], 'b': 0.5}, 'text', None, True, t.shape), 'tuple.pt')
torch.save([t, t.bfloat16()], 'list.pt')
torch.save(collections.OrderedDict(a=t), 'ordered.pt')
torch.save(t, 'legacy.pt', _use_new_zipfile_serialization=False)
torch.save(torch.nn.Linear(2, 2), 'module.pt')
torch.save(t.to_sparse(), 'sparse.pt')
torch.save(x, 'numpy.pt')
torch.jit.script(torch.nn.Linear(2, 2)).save('script.pt')
)";

c10::IValue pickled(const TemporaryFolder& folder, const std::string& name) {
  return read_pickle((folder / name).string(), ErrorKind::Data);
}

std::string pickle_error(const TemporaryFolder& folder, const std::string& name) {
  return error_of([&] { pickled(folder, name); }).what();
}

void check_arrays(const TemporaryFolder& folder, const at::Tensor& x) {
  for (const std::string code : {"f4", "f8", "f2", "i2", "i8", "u1", "i1", "c8", "c16"})
    for (const std::string order : {"C", "F"}) {
      CAPTURE(order, code);
      const std::string name = order + code + ".npy";
      const at::Tensor read = open_samples({folder / name, name, ""})->read(1, 3);
      CHECK(at::equal(read, x.narrow(0, 1, 3).to(read.scalar_type())));
    }
  for (const std::string archive : {"stored.npz", "deflated.npz"})
    for (const std::string member : {"x", "f"})
      CHECK(at::equal(open_samples({folder / archive, archive, member})->read(0, 4), x));
}

void check_pickles(const TemporaryFolder& folder, const at::Tensor& x) {
  for (const std::string name : {"tensor.pt", "protocol4.pt", "parameter.pt", "grad.pt"}) {
    CAPTURE(name);
    const at::Tensor read = pickled(folder, name).toTensor();
    CHECK(at::equal(read, x.to(read.scalar_type())));
    CHECK_FALSE(read.requires_grad());
  }
  CHECK(at::equal(pickled(folder, "view.pt").toTensor(), x.permute({0, 2, 1})));
  const c10::IValue tuple = pickled(folder, "tuple.pt");
  const auto& parts = tuple.toTupleRef().elements();
  CHECK(at::equal(parts.at(0).toTensor(), x));
  CHECK(parts.at(1).toListRef().at(1).toInt() == int64_t{1} << 40);
  CHECK(at::equal(parts.at(2).toGenericDict().at("a").toTensor(), x.narrow(0, 1, 3)));
  CHECK(parts.at(2).toGenericDict().at("b").toDouble() == 0.5);
  CHECK(parts.at(3).toStringRef() == "text");
  CHECK(parts.at(4).isNone());
  CHECK(parts.at(5).toBool());
  CHECK(parts.at(6).toTupleRef().elements().at(1).toInt() == 3);
  CHECK(pickled(folder, "list.pt").toListRef().at(1).toTensor().scalar_type() == at::kBFloat16);
  CHECK(at::equal(pickled(folder, "ordered.pt").toGenericDict().at("a").toTensor(), x));
}

void check_refusals(const TemporaryFolder& folder) {
  CHECK(contains(pickle_error(folder, "legacy.pt"), "PyTorch 1.6 or newer"));
  CHECK(contains(pickle_error(folder, "module.pt"), "torch.nn.modules.linear.Linear"));
  CHECK(contains(pickle_error(folder, "sparse.pt"), "to_dense"));
  CHECK(contains(pickle_error(folder, "numpy.pt"), "torch.from_numpy"));
  CHECK(contains(pickle_error(folder, "script.pt"), "TorchScript model"));
  const auto array_error = [&](const std::string& name) {
    return std::string(error_of([&] { open_samples({folder / name, name, ""}); }).what());
  };
  CHECK(contains(array_error("objects.npy"), "'|O'"));
  CHECK(contains(array_error("fields.npy"), "structured"));
  CHECK(contains(array_error("unsigned.npy"), "astype('int32')"));
}

}  // namespace

TEST_CASE("files of NumPy and PyTorch are read, or refused in words", "[data]") {
  const TemporaryFolder folder;
  write_file(folder / "make.py", script);
  const auto made = run_process({"/usr/bin/python3", "make.py"}, folder.path());
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  const at::Tensor x = at::arange(24).reshape({4, 3, 2});
  check_arrays(folder, x);
  check_pickles(folder, x);
  check_refusals(folder);
}
