#include "base/atomic_file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/error.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

size_t count_files(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), {}));
}

void write_and_commit(const fs::path& target, const std::string& bytes) {
  AtomicFile file(target);
  file.stream() << bytes;
  file.commit();
}

// No file of this process may grow beyond `bytes` while this lives: a disk that is full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

// Root may write anywhere: while this lives, root is nobody.
class NoPrivileges {
 public:
  NoPrivileges() : user_(::geteuid()) {
    if (user_ == 0) REQUIRE(::seteuid(65534) == 0);
  }
  ~NoPrivileges() {
    if (user_ == 0 && ::seteuid(user_) != 0) std::abort();
  }
  NoPrivileges(const NoPrivileges&) = delete;
  NoPrivileges& operator=(const NoPrivileges&) = delete;

 private:
  uid_t user_;
};

}  // namespace

TEST_CASE("a committed file has its bytes and leaves nothing else", "[base]") {
  const TemporaryFolder folder;
  write_and_commit(folder / "x", std::string("a\0b", 3));
  CHECK(read_file(folder / "x") == std::string("a\0b", 3));
  write_and_commit(folder / "x", "new");
  CHECK(read_file(folder / "x") == "new");
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("a bare file name is written to the working folder", "[base]") {
  const TemporaryFolder folder;
  const auto before = fs::current_path();
  fs::current_path(folder.path());
  write_and_commit("x", "here");
  fs::current_path(before);
  CHECK(read_file(folder / "x") == "here");
}

TEST_CASE("the target keeps its old bytes until commit", "[base]") {
  const TemporaryFolder folder;
  write_file(folder / "x", "old");
  AtomicFile file(folder / "x");
  file.stream() << "new";
  file.close();
  CHECK(read_file(folder / "x") == "old");
  CHECK(read_file(file.temporary()) == "new");
  CHECK(file.temporary().parent_path() == folder.path());
  file.commit();
  CHECK(read_file(folder / "x") == "new");
}

TEST_CASE("without commit the old file stays and nothing is left behind", "[base]") {
  const TemporaryFolder folder;
  write_file(folder / "x", "old");
  { AtomicFile(folder / "x").stream() << "new"; }
  { AtomicFile(folder / "y").stream() << "new"; }
  CHECK(read_file(folder / "x") == "old");
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("a write that fails is an output error and damages nothing", "[base]") {
  const TemporaryFolder folder;
  write_file(folder / "x", "old");
  {
    AtomicFile file(folder / "x");
    const FileSizeLimit limit(1000);
    file.stream() << std::string(100000, 'a');
    const Error error = error_of([&] { file.commit(); });
    CHECK(error.kind() == ErrorKind::Output);
    CHECK(contains(error.what(), "x: writing failed"));
  }
  CHECK(read_file(folder / "x") == "old");
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("targets that cannot be written are found at once", "[base]") {
  const TemporaryFolder folder;
  write_file(folder / "file", "");
  fs::create_directory(folder / "folder");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  const auto message = [](const fs::path& target) {
    const Error error = error_of([&] { AtomicFile file(target); });
    CHECK(error.kind() == ErrorKind::Output);
    CHECK(std::string(error_of([&] { check_writable(target); }).what()) == error.what());
    return std::string(error.what());
  };
  CHECK(contains(message(folder / "folder"), "folder: is a folder"));
  CHECK(contains(message(folder / "new/"), "new/: is a folder"));
  CHECK(contains(message(folder / "missing" / "x"), "missing does not exist"));
  CHECK(contains(message(folder / "file" / "x"), "is not a folder"));
  CHECK(contains(message(folder / "pipe"), "pipe: is no regular file"));
  CHECK(contains(message("/dev/null"), "/dev/null: is no regular file"));
  CHECK(count_files(folder.path()) == 3);
}

TEST_CASE("a read-only folder is an output error", "[base]") {
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms(0555));
  const NoPrivileges no_privileges;
  const Error error = error_of([&] { check_writable(folder / "x"); });
  CHECK(error.kind() == ErrorKind::Output);
  CHECK(contains(error.what(), "x: cannot be written: Permission denied"));
}

TEST_CASE("check_writable leaves nothing behind and disturbs no file being written", "[base]") {
  const TemporaryFolder folder;
  AtomicFile file(folder / "x");
  file.stream() << "bytes";
  file.stream().flush();
  check_writable(folder / "x");
  CHECK(count_files(folder.path()) == 1);
  file.commit();
  CHECK(read_file(folder / "x") == "bytes");
}

TEST_CASE("what killed processes left is removed, what living ones write is not", "[base]") {
  const TemporaryFolder folder;
  const pid_t gone = ::fork();
  if (gone == 0) ::_exit(0);
  ::waitpid(gone, nullptr, 0);
  const std::string dead = std::to_string(gone), alive = std::to_string(::getpid());
  write_file(folder / ("x." + dead + "-0.tmp"), "leftover");
  for (const auto& other :
       {"x." + alive + "-7.tmp", "y." + dead + "-0.tmp", "x." + dead + "-0.tmp.gz",
        "x." + dead + ".tmp", std::string("x.0-0.tmp")})
    write_file(folder / other, "not ours");
  AtomicFile open(folder / "x");
  remove_leftovers(folder / "x");
  CHECK_FALSE(fs::exists(folder / ("x." + dead + "-0.tmp")));
  CHECK(count_files(folder.path()) == 6);
  open.commit();
}

}  // namespace actsparse
