"""What the checks share: which files there are, C text without comments, and exemptions.

A line is exempted by a comment on it or on the line above it:

    free(text); /* lint: free: jansson's allocator made it */

The word after "lint:" is the rule that is broken, the rest is the reason. An exemption without a
reason, or one that nothing needs, is a mistake itself.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = ("lib", "dataplane", "controlplane", "statsd")
SKIPPED = {"build", "var", "node_modules", "dist", ".git"}
EXEMPTION = re.compile(r"(?:/\*|#|//)\s*lint:\s*([a-z_]+)\s*:?\s*(.*?)\s*(?:\*/|$)")


def files(*suffixes, under=None):
    """Paths relative to the root, sorted; what git ignores is left out."""
    asked = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT,
                           capture_output=True, text=True)
    if asked.returncode == 0:
        names = {name for name in asked.stdout.split("\0") if name}
    else:
        names = set(walk())
    found = []
    for name in sorted(names):
        path = pathlib.PurePosixPath(name)
        if under and path.parts[0] not in under:
            continue
        if suffixes and path.suffix not in suffixes:
            continue
        if (ROOT / path).is_file():
            found.append(path)
    return found


def walk():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIPPED]
        for name in names:
            yield pathlib.Path(folder, name).relative_to(ROOT).as_posix()


def read(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def bare(text):
    """C text with comments, strings and characters blanked; every line keeps its number."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, blank, text, flags=re.S)


class Report:
    """Collects mistakes; prints them as file:line; knows which exemptions were of use."""

    def __init__(self, check, rules):
        self.check, self.rules, self.wrong = check, rules, 0
        self.exempt, self.used = {}, set()

    def open(self, path, text):
        """Reads the exemptions of a file before its lines are judged."""
        for number, line in enumerate(text.splitlines(), 1):
            match = EXEMPTION.search(line)
            if match and match.group(1) in self.rules:
                self.exempt[(path, number)] = match.group(1)
                if len(match.group(2).split()) < 2:
                    self.say(path, number, "an exemption needs its reason")

    def wrongs(self, path, number, rule, what):
        places = range(1, 6) if rule == "file" else (number, number - 1)
        for at in places:
            if self.exempt.get((path, at)) == rule:
                self.used.add((path, at))
                return
        self.say(path, number, what)

    def say(self, path, number, what):
        print(f"{path}:{number}: {what}")
        self.wrong += 1

    def end(self):
        for path, number in sorted(set(self.exempt) - self.used):
            self.say(path, number, f'nothing here needs the exemption "{self.exempt[path, number]}"')
        if self.wrong:
            print(f"lint/{self.check}: {self.wrong} wrong", file=sys.stderr)
        return 1 if self.wrong else 0
