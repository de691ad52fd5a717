"""Warnings stop our builds, never a user's: another compiler warns of other things."""
import json
import pathlib
import subprocess
import sys
import tempfile

cmake, source, *definitions = sys.argv[1:]


def commands(*arguments):
    """The compile commands of our own sources."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([cmake, "-S", source, "-B", folder, "-DACTSPARSE_TESTS=OFF", *definitions, *arguments],
                       check=True, cwd=source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        entries = json.loads((pathlib.Path(folder) / "compile_commands.json").read_text())
    return [entry["command"].split() for entry in entries]


user, ours = commands(), commands("--preset", "release")
assert user and ours
for command in user:
    assert "-Werror" not in command, f"a user's build has -Werror: {' '.join(command)}"
    assert "-Wall" in command, f"no warnings: {' '.join(command)}"
for command in ours:
    assert "-Werror" in command, f"the release preset lacks -Werror: {' '.join(command)}"
print(f"{len(user)} commands of a user's build without -Werror, {len(ours)} of ours with it")
