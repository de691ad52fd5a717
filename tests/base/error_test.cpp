#include "base/error.h"

#include "support/catch.h"

namespace actsparse {

TEST_CASE("an error knows its exit code and keeps kind and details on the way up", "[base]") {
  const Error inner = Error(ErrorKind::Function, "returned NaN").with_details("frame #0\nframe #1");
  const Error outer = inner.in("layer 'conv1'");
  CHECK(std::string(outer.what()) == "layer 'conv1': returned NaN");
  CHECK(outer.kind() == ErrorKind::Function);
  CHECK(outer.exit_code() == 6);
  CHECK(outer.details() == "frame #0\nframe #1");
}

TEST_CASE("exit codes are the documented ones", "[base]") {
  const auto code = [](ErrorKind kind) { return Error(kind, "").exit_code(); };
  CHECK(code(ErrorKind::Internal) == 1);
  CHECK(code(ErrorKind::Usage) == 2);
  CHECK(code(ErrorKind::Config) == 3);
  CHECK(code(ErrorKind::Model) == 4);
  CHECK(code(ErrorKind::Data) == 5);
  CHECK(code(ErrorKind::State) == 7);
  CHECK(code(ErrorKind::Check) == 8);
  CHECK(code(ErrorKind::Output) == 9);
  CHECK(code(ErrorKind::Interrupted) == 130);
}

TEST_CASE("messages name a layer, and say when it is the root", "[base]") {
  CHECK(layer_text("enc.fc") == "layer 'enc.fc'");
  CHECK(layer_text("") == "layer '' (the root)");
}

TEST_CASE("a message is one line of text, whatever names it quotes", "[base]") {
  const Error error(ErrorKind::Data, "layer 'a\nb\x1b[31m' of größe");
  CHECK(error.what() == std::string("layer 'a\\x0ab\\x1b[31m' of größe"));
}

TEST_CASE("first_line drops LibTorch's stack trace", "[base]") {
  CHECK(first_line("expected 4 channels\nException raised from f at a.cpp:3\nframe #0") ==
        "expected 4 channels");
  CHECK(first_line("expected 4 channels (Exception raised from f at a.cpp:3)") ==
        "expected 4 channels");
  CHECK(first_line("\n  \n  indented \r\nmore") == "indented");
}

TEST_CASE("first_line drops the place in LibTorch's source", "[base]") {
  CHECK(first_line("[enforce fail at inline_container.cc:145] . PytorchStreamReader failed") ==
        "PytorchStreamReader failed");
  CHECK(first_line("[enforce fail at CPUAllocator.cpp:66] not enough memory") ==
        "not enough memory");
  CHECK(first_line("[1, 2] has the wrong size") == "[1, 2] has the wrong size");
}

TEST_CASE("first_line says what helps where memory is refused", "[base]") {
  CHECK(first_line("[enforce fail at alloc_cpu.cpp:75] err == 0. DefaultCPUAllocator: can't "
                   "allocate memory: you tried to allocate 8192 bytes. Error code 12 (Cannot "
                   "allocate memory)") ==
        "out of memory: 8192 more bytes were refused; a smaller data.batch_size takes less");
}

TEST_CASE("first_line skips the TorchScript traceback", "[base]") {
  CHECK(first_line("The following operation failed in the TorchScript interpreter.\n"
                   "Traceback of TorchScript, serialized code (most recent call last):\n"
                   "  File \"code/__torch__.py\", line 7, in forward\n"
                   "    return torch.add(x, y)\n"
                   "           ~~~~~~~~~ <--- HERE\n\n"
                   "RuntimeError: sizes do not match\nmore") == "sizes do not match");
}

TEST_CASE("first_line of a text that says nothing", "[base]") {
  CHECK(first_line("") == "no message");
  CHECK(first_line(" \n\t\n") == "no message");
  CHECK(first_line("Exception raised from f at a.cpp:3\nframe #0") == "no message");
}

}  // namespace actsparse
