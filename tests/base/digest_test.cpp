#include "base/digest.h"

#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

namespace actsparse {

// The vectors of FIPS 180-2, appendix B.
TEST_CASE("SHA-256 of the standard's vectors", "[base]") {
  CHECK(digest_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(digest_of(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a digest does not depend on how the bytes are cut", "[base]") {
  Digest digest;
  digest.update("a", 1);
  digest.update("", 0);
  digest.update("bc", 2);
  CHECK(digest.hex() == digest_of("abc"));
}

TEST_CASE("a file's digest is that of its bytes, across blocks", "[base]") {
  const TemporaryFolder folder;
  std::string bytes(3'000'001, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 % 251);
  write_file(folder / "x", bytes);
  write_file(folder / "empty", "");
  CHECK(digest_of_file(folder / "x", ErrorKind::Data) == digest_of(bytes));
  CHECK(digest_of_file(folder / "empty", ErrorKind::Data) == digest_of(""));
}

TEST_CASE("a file that cannot be read is the caller's kind of error", "[base]") {
  const TemporaryFolder folder;
  const Error missing = error_of([&] { digest_of_file(folder / "missing", ErrorKind::Model); });
  CHECK(missing.kind() == ErrorKind::Model);
  CHECK(contains(missing.what(), "missing: cannot be read: No such file"));
  const Error is_folder = error_of([&] { digest_of_file(folder.path(), ErrorKind::State); });
  CHECK(is_folder.kind() == ErrorKind::State);
  CHECK(contains(is_folder.what(), "Is a directory"));
}

}  // namespace actsparse
