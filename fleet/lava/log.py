#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What a job of LAVA left in its log, as lava-run or `lavacli jobs logs --raw` prints it:

  log.py results LOG    a line for each test: name, result (pass, fail, skip, unknown)
  log.py ktap LOG DIR   what each program printed, as it would have without LAVA, to
                        DIR/LOG-PROGRAM-N.ktap, and print the names of these files
"""

import os
import re
import sys

try:
    import yaml
except ImportError:
    sys.exit("log.py: no python3-yaml: run vm/deps.sh fleet")

HEADER = re.compile(r"^# selftests: mthp: (\S+)$")
END = re.compile(r"^(?:not )?ok \d+ selftests: mthp: ")


def messages(path):
    """The messages of a log: each line is one, a server puts "- " before it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = False
    with open(path, encoding="utf-8", errors="replace") as log:
        for number, line in enumerate(log, 1):
            line = line.removeprefix("- ").strip()
            # What is no message: a warning of Python's, say.
            if not line.startswith("{"):
                continue
            try:
                message = yaml.load(line, Loader=loader)
            except yaml.YAMLError:
                if not found:
                    break
                sys.exit(f"log.py: {path}, line {number}: cut off, fetch the log again")
            if isinstance(message, dict) and "lvl" in message:
                found = True
                yield message["lvl"], message.get("msg")
    if not found:
        sys.exit(f"log.py: {path} is no log of a LAVA job")


def results(path):
    for level, message in messages(path):
        if level == "results" and isinstance(message, dict):
            names = [message.get(key) for key in ("definition", "set", "case")]
            print("/".join(name for name in names if name), message.get("result"))


def unsaid(end, lines):
    """What a program could not say itself, having crashed, say, when its tests had passed."""
    failed = any(line.startswith(("not ok ", "Bail out!")) for line in lines)
    return [] if failed or end.startswith("ok ") else [f"Bail out! {end}"]


def programs(path):
    """Name and lines of each run of a program."""
    name = lines = None
    for level, message in messages(path):
        if level != "target" or not isinstance(message, str):
            continue
        for line in message.replace("\r", "").split("\n"):
            header = HEADER.match(line)
            if header:
                if name is not None:
                    yield name, lines + ["Bail out! the log has lost where the program ended"]
                name, lines = header.group(1), []
            elif name is not None and END.match(line):
                yield name, lines + unsaid(line, lines)
                name = None
            elif name is not None and line.startswith("#"):
                lines.append(line.removeprefix("#").removeprefix(" "))
    # What a job that was broken off leaves has no end: it must not look complete.
    if name is not None:
        yield name, lines + ["Bail out! the job ended before the program did"]


def ktap(path, folder):
    os.makedirs(folder, exist_ok=True)
    base = os.path.splitext(os.path.basename(path))[0]
    count = {}
    for name, lines in programs(path):
        count[name] = count.get(name, 0) + 1
        file = os.path.join(folder, f"{base}-{name}-{count[name]}.ktap")
        with open(file, "w", encoding="utf-8") as out:
            out.writelines(line + "\n" for line in lines)
        print(file)
    if not count:
        sys.exit(f"log.py: {path}: no program of the suite ran in this job")


def main(arguments):
    try:
        if len(arguments) == 2 and arguments[0] == "results":
            results(arguments[1])
        elif len(arguments) == 3 and arguments[0] == "ktap":
            ktap(*arguments[1:])
        else:
            sys.exit("usage: log.py results LOG | log.py ktap LOG DIR")
    except OSError as error:
        sys.exit(f"log.py: {error.filename}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
