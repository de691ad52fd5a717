"""Checks docs/config.schema.json against configs that the C++ parser is known to accept or reject.

Usage: check_schema.py SCHEMA CASES_FOLDER [CONFIG...]
"""

import json
import pathlib
import sys

import jsonschema


def main(schema_file, cases, *configs):
    schema = json.loads(pathlib.Path(schema_file).read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)

    def faults(config):
        return [error.message for error in validator.iter_errors(config)]

    def load(folder):
        files = sorted(pathlib.Path(cases, folder).glob("*.json"))
        assert files, f"no cases in {cases}/{folder}"
        return {file: json.loads(file.read_text()) for file in files}

    good = load("good")
    good.update({name: json.loads(pathlib.Path(name).read_text()) for name in configs})
    for name, config in good.items():
        assert not faults(config), f"{name}: rejected by the schema: {faults(config)}"
    bad = [case for file in load("bad").values() for case in file]
    for case in bad:
        assert faults(case["config"]), f"accepted by the schema, not by actsparse: {case}"
    print(f"{len(good)} configs accepted, {len(bad)} rejected, as they should be")


if __name__ == "__main__":
    main(*sys.argv[1:])
