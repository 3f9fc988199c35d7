#!/usr/bin/env python3
"""Mutants: is every small change of the code caught by a test?

    tests/mutants.py BUILD [--sample N] [--numerics N --files N] [--without-glue] [--seed S] [--only REGEX] [--tests REGEX] [--longest S] [--folder F]

Every mutant is planted, asleep, in a copy of its file: `a < b` becomes `(mutant(7) ? (a) <= (b) : (a) < (b))`. These files alone are
compiled, and program and tests of BUILD linked anew with them before the libraries: one build serves all mutants, SPILLWAY_MUTANT=7 wakes
one up. First each test runs with none awake, and notes which mutants it comes by; then each mutant is held against the tests that come by
it, shortest first, until one fails. The folder (BUILD/mutants) keeps what was made and found; a second call goes on from there. A mutant
that does not compile is no mutant; one that no test comes by has survived.

Three lists: the glue of tests/mutants.toml, by hand; with --sample as many more by operators (OPERATORS) in the same files; with
--numerics as many in --files others of engine/, scenarios/ and tools/studies/, all drawn with the seed. --only: a regular expression over "number
file:line"; --tests: over ctest's names; --longest: seconds that a single test may take to be used, and eight times that for all tests of
one mutant.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import threading
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
NO_TESTS = r"unit/(format|headers|layers)\.sh|run/library\.sh|fault/every_call|run/kill\.sh"  # of the sources' text, or long
SWITCH = """extern int spillway_mutant_awake;
extern unsigned char* spillway_mutants_met;
#ifndef SPILLWAY_MUTANTS
#define SPILLWAY_MUTANTS
inline bool spillway_mutant(int k) {
  if (!spillway_mutants_met[k]) spillway_mutants_met[k] = 1;
  return spillway_mutant_awake == k;
}
#endif
"""
STATE = """// Made by tests/mutants.py.
#include <fcntl.h>
#include <sys/mman.h>
#include <cstdlib>
int spillway_mutant_awake = -1;
static unsigned char own[100000];
unsigned char* spillway_mutants_met = own;
__attribute__((constructor(101))) static void wake() {
  if (const char* number = std::getenv("SPILLWAY_MUTANT")) spillway_mutant_awake = std::atoi(number);
  const char* file = std::getenv("SPILLWAY_MUTANTS_MET");
  const int met = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
  if (met < 0) return;
  void* at = mmap(nullptr, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, met, 0);
  if (at != MAP_FAILED) spillway_mutants_met = static_cast<unsigned char*>(at);
}
"""


# ---- places in the code
def masked(text):
    """The code alone: comments, texts and preprocessor lines are blanks, length and lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'|^[ \t]*#(?:\\\n|[^\n])*', blank, text, flags=re.S | re.M)


def in_functions(code):
    """For each position, whether it is inside the body of a function that is not constexpr."""
    inside, stack, start = bytearray(len(code)), [], 0
    for at, char in enumerate(code):
        if stack and stack[-1] == "f":
            inside[at] = 1
        if char == "{":
            head = code[start:at]
            if stack and stack[-1] in "fx":
                kind = stack[-1]
            elif re.search(r"\b(constexpr|consteval)\b", head):
                kind = "x"
            elif re.search(r"\b(namespace|struct|class|enum|union|extern)\b[^()=]*$", head):
                kind = "t"
            else:
                kind = "f" if re.search(r"\)\s*(const|noexcept|override|mutable|->\s*[\w:<>*&, ]+|\s)*$|:\s.*[)}]\s*$", head, re.S) and "=" not in head.split(")")[-1] else "x"
            stack.append(kind)
            start = at + 1
        elif char == "}":
            if stack:
                stack.pop()
            start = at + 1
        elif char == ";":
            start = at + 1
    return inside


def statement_of(code, at):
    begin = max(code.rfind(c, 0, at) for c in ";{}") + 1
    return code[begin:at]


OPENS, CLOSES = "([{", ")]}"
STOPS = {"or": r" \|\| | \? | : |[^=!<>]= |\breturn\b|, |;|\n\n| << ", "and": r" && "}
LEVELS = [["||"], ["&&"], ["==", "!="], ["<", ">", "<=", ">="], ["<<", ">>"], ["+", "-"], ["*", "/", "%"]]


def level_of(token):
    return next(k for k, level in enumerate(LEVELS) if token in level)


TOKEN = re.compile(r" (\|\||&&|==|!=|<=|>=|<<|>>|<|>|\+|-|\*|/|%|\?|:|=|\+=|-=|\*=|/=|\|=|&=|\||&|\^)(?=[ \n])|\b(return|throw|case|else|do|co_return|new|not)\b|[,;]")


def separators(code):
    """Binary operators, keywords and commas: (begin, end, token)."""
    return [(m.start(), m.end(), m.group(1) or m.group(2) or m.group(0)) for m in TOKEN.finditer(re.sub(r"\n", " ", code) + " ")]


def operands(code, at, end, level, tokens):
    """Begin of the left operand and end of the right one of an operator at [at, end) of this level."""
    def ends(token, left):
        other = next((k for k, one in enumerate(LEVELS) if token in one), -1)
        return other < level or (other == level and not left)
    depth, k, begin = 0, at - 1, 0
    by_end = {t[1]: t for t in tokens}
    while k >= 0:
        char = code[k]
        if char in CLOSES:
            depth += 1
        elif char in OPENS:
            if depth == 0:
                begin = k + 1
                break
            depth -= 1
        elif depth == 0 and k + 1 in by_end and ends(by_end[k + 1][2], True):
            begin = k + 1
            break
        k -= 1
    by_begin = {t[0]: t for t in tokens}
    depth, k, stop = 0, end, len(code)
    while k < len(code):
        char = code[k]
        if char in OPENS:
            depth += 1
        elif char in CLOSES:
            if depth == 0:
                stop = k
                break
            depth -= 1
        elif depth == 0 and k > end and k in by_begin and ends(by_begin[k][2], False):
            stop = k
            break
        k += 1
    return begin, stop


def closing(code, at):
    depth = 0
    for k in range(at, len(code)):
        depth += (code[k] in OPENS) - (code[k] in CLOSES)
        if depth == 0:
            return k
    return -1


SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&", "+": "-", "-": "+", "*": "/", "/": "*"}
OPERATORS = {"relation": "< for <=, > for >=, == for !=, and back", "logic": "&& for ||, and back", "arithmetic": "+ for -, * for /, and back",
             "condition": "the condition of an if negated", "number": "a number and one more (0.0 becomes 1.0, another fraction twice itself)",
             "statement": "an assignment or a call left out", "extreme": "min for max, and back", "truth": "true for false, and back"}


def candidates(text):
    """(operator, begin, end, replacement with {m} for the switch) of every place that an operator fits."""
    code = masked(text)
    inside, tokens = in_functions(code), separators(code)
    found = []

    def fits(at):
        statement = statement_of(code, at)
        return inside[at] and not re.search(r"\b(constexpr|static_assert|static const|template|case|enum|requires|alignas|sizeof)\b", statement)

    for begin, end, token in tokens:
        if token not in SWAPS or not fits(begin):
            continue
        statement = statement_of(code, begin)
        level = level_of(token)
        left, right = operands(code, begin, end, level, tokens)
        right = left + len(text[left:right].rstrip())
        left = right - len(text[left:right].lstrip())
        a, b = text[left:begin], text[end:right].strip()
        if not a.strip() or not b or re.search(r"\.array\(\)|\bauto\b|nullptr", a + b) and token in "+-*/":
            continue
        operator = "logic" if token in ("&&", "||") else "arithmetic" if token in "+-*/" else "relation"
        if operator == "arithmetic" and ('"' in a + b or re.search(r"text|name|string|path|fmt::|note|line|prefix|suffix|sentence|words|begin\(|end\(|data\(", a + b)):
            continue
        found.append((operator, left, right, f"({{m}} ? ({a}) {SWAPS[token]} ({b}) : ({a}) {token} ({b}))"))
    for match in re.finditer(r"\bif (\()", code):
        end = closing(code, match.start(1))
        inner = code[match.start(1) + 1:end]
        if end < 0 or not fits(match.start()) or ";" in inner or re.search(r"(^|[^=!<>])= ", inner) or code[match.start() - 10:match.start()].strip().endswith("constexpr"):
            continue
        found.append(("condition", match.start(1) + 1, end, f"{{m}} != static_cast<bool>({text[match.start(1) + 1:end]})"))
    for match in re.finditer(r"(?<![\w.'\]])(\d[\d']*(?:\.\d*)?(?:e[+-]?\d+)?)(f?)(?![\w.'])", code):
        if not fits(match.start()) or re.search(r"[<,]\s*$", code[max(0, match.start() - 3):match.start()]) and re.match(r"\s*[,>]", code[match.end():]) and "<" in statement_of(code, match.start()).split("(")[0]:
            continue
        one = match.group(1)
        if "." in one or "e" in one:
            other = "1.0" if float(one.replace("'", "")) == 0.0 else f"2.0 * {one}"
            other = f"static_cast<float>({other})" if match.group(2) else other
        else:
            other = f"{one} + 1"
        found.append(("number", match.start(), match.end(), f"({{m}} ? ({other}) : {match.group(0)})"))
    for match in re.finditer(r"(?m)^[ ]+((?:\*?[\w:\->.]|\[[^\]\n]*\]|\([^()\n]*\))+(?: [-+*/|&]?= [^;\n]*|\([^;\n]*\))|\+\+[\w.\->]+|[\w.\->]+\+\+);[ ]*$", code):
        begin, end = match.start(1), match.end(1) + 1
        word = re.match(r"\w+", code[begin:end])
        if not fits(begin) or (word and word.group(0) in ("return", "throw", "using", "delete", "static_assert", "assert", "if", "for", "while", "switch", "else", "break", "continue", "co_return", "do")):
            continue
        if code[begin:end].count("(") != code[begin:end].count(")") or code[begin:end].count("{") != code[begin:end].count("}"):
            continue
        before = code[:begin].rstrip()
        if not before or before[-1] not in ";{})e:" or before.endswith("case"):
            continue
        found.append(("statement", begin, end, f"{{{{ if (!{{m}}) {text[begin:end].replace('{', '{{').replace('}', '}}')} }}}}"))
    for match in re.finditer(r"std::(min|max)(<[\w:]+>)?(\()", code):
        end = closing(code, match.start(3))
        if end > 0 and fits(match.start()) and "{" not in code[match.start():end]:
            other = "max" if match.group(1) == "min" else "min"
            whole = text[match.start():end + 1]
            found.append(("extreme", match.start(), end + 1, f"({{m}} ? std::{other}{whole[8:]} : {whole})"))
    for match in re.finditer(r"\b(true|false)\b", code):
        if fits(match.start()):
            found.append(("truth", match.start(), match.end(), f"({{m}} != {match.group(0)})"))
    return [(op, b, e, new if op == "statement" else re.sub(r"[{}]", lambda m: m.group(0) * 2, new).replace("{{m}}", "{m}")) for op, b, e, new in found]


# ---- the mutants
def glue_mutants():
    """Those of tests/mutants.toml: in `at`, what stands between « and » becomes `to`."""
    mutants = []
    for one in tomllib.loads((ROOT / "tests/mutants.toml").read_text())["mutant"]:
        text = (ROOT / one["file"]).read_text()
        whole = one["at"].replace("«", "").replace("»", "")
        place = text.find(whole)
        if place < 0:
            sys.exit(f"tests/mutants.toml: {one['file']} has no '{whole}'")
        begin = place + one["at"].index("«")
        old = one["at"][one["at"].index("«") + 1:one["at"].index("»")]
        statement = old.endswith(";")
        new = f"{{ if ({{m}}) {{ {one['to']} }} else {{ {old} }} }}" if statement else f"({{m}} ? {one['to']} : {old})"
        new = re.sub(r"[{}]", lambda m: m.group(0) * 2, new).replace("{{m}}", "{m}")
        mutants.append(dict(list="glue", operator=one.get("kind", "glue"), file=one["file"], begin=begin, end=begin + len(old), new=new,
                            line=text.count("\n", 0, begin) + 1, old=old, to=one["to"]))
    return mutants


def sampled_mutants(count, numerics, files, seed, taken):
    """`count` in the files that the list by hand has, `numerics` in `files` others; operators take turns, so that the many numbers do
    not crowd out the few conditions."""
    draw = random.Random(seed)
    of_glue = sorted({one["file"] for one in taken if one["file"].endswith(".cpp")})
    others = sorted(str(p.relative_to(ROOT)) for folder in ("engine", "scenarios", "tools/studies") for p in (ROOT / folder).rglob("*.cpp") if not re.search(r"_v[234]\.cpp$", p.name))
    others = sorted(draw.sample([name for name in others if name not in of_glue], files)) if numerics else []
    used = collections.defaultdict(list)
    for one in taken:
        used[one["file"]].append((one["begin"], one["end"]))
    chosen, places = [], 0
    for part, names, wanted in (("sampled glue", of_glue, count), ("sampled numerics", others, numerics)):
        turns = {operator: [] for operator in OPERATORS}
        for name in names if wanted else []:
            text = (ROOT / name).read_text()
            for operator, begin, end, new in candidates(text):
                turns[operator].append(dict(list=part, operator=operator, file=name, begin=begin, end=end, new=new, line=text.count("\n", 0, begin) + 1, old=text[begin:end]))
        for left in turns.values():
            places += len(left)
            draw.shuffle(left)
        while wanted > 0 and any(turns.values()):
            for left in turns.values():
                while wanted > 0 and left:
                    one = left.pop()
                    if any(one["begin"] < e and b < one["end"] for b, e in used[one["file"]]):
                        continue
                    used[one["file"]].append((one["begin"], one["end"]))
                    chosen.append(one)
                    wanted -= 1
                    break
    draw.shuffle(chosen)
    return chosen, places


def planted(folder, name, mutants):
    """The file with its mutants, asleep; lines keep their numbers."""
    text = (ROOT / name).read_text()
    places = sorted(((one["begin"], one["end"], one["new"].format(m=f"spillway_mutant({k})")) for k, one in enumerate(mutants) if one["file"] == name and not one.get("refused")), reverse=True)
    for (after, *_), (_, end, _) in zip(places, places[1:]):
        if end > after:
            sys.exit(f"{name}: two mutants share a place, at {text[after:end]!r}")
    for begin, end, new in places:
        lines = text.count("\n", begin, end) - new.count("\n")
        text = text[:begin] + new + "\n" * max(0, lines) + text[end:]
    source = folder / "source" / name
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(SWITCH + "#line 1\n" + text)
    return source


def compiler_of(build, name):
    """The command that compiles a file, or the unity file that includes it."""
    for one in json.loads((build / "compile_commands.json").read_text()):
        if one["file"].endswith("/" + name) or "/Unity/unity_" in one["file"] and f'/{name}"' in pathlib.Path(one["file"]).read_text():
            return re.sub(r" -o \S+ -c \S+$", "", one["command"])
    sys.exit(f"nothing compiles {name}")


def place_of(number, one):
    return f"{number} {one['file']}:{one['line']}"


def compile_all(build, folder, mutants, only, jobs):
    """An object of every file with mutants; those at lines that the compiler refuses are taken out, and it is tried again."""
    (folder / "state.cpp").write_text(STATE)
    guard = threading.Lock()
    objects = {name: folder / (name.replace("/", "-") + ".o") for name in sorted({one["file"] for k, one in enumerate(mutants) if re.search(only, place_of(k, one))})}

    def one_file(name):
        target = objects[name]
        if target.exists():
            return
        command = compiler_of(build, name).replace(" -O3 ", " -O1 ")
        for _ in range(12):
            source = planted(folder, name, mutants)
            done = subprocess.run(f"{command} -o {target} -c {source}", shell=True, cwd=build, capture_output=True, text=True)
            if done.returncode == 0:
                break
            lines = {int(m.group(1)) for m in re.finditer(r"/" + re.escape(name) + r":(\d+)", done.stderr)}
            out = [one for one in mutants if one["file"] == name and not one.get("refused") and any(one["line"] <= line <= one["line"] + one["old"].count("\n") for line in lines)]
            for one in out:
                one["refused"] = True
            if not out:
                sys.exit(f"{name} does not compile:\n{done.stderr[:3000]}")
        with guard:
            (folder / "mutants.json").write_text(json.dumps(mutants, indent=1))
        print(f"{name}: {sum(one['file'] == name for one in mutants)} mutants, {sum(one['file'] == name and bool(one.get('refused')) for one in mutants)} refused by the compiler", flush=True)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one_file, objects))
    subprocess.run(["c++", "-O2", "-c", folder / "state.cpp", "-o", folder / "state.o"], check=True)
    return objects


def link(build, folder, target, objects):
    """`target` with the mutated objects before the libraries that have the same functions: the first definition counts."""
    program = folder / "bin" / target
    plain = build / target if (build / target).exists() else build / "tests" / target
    if program.exists() and all(made.stat().st_mtime < program.stat().st_mtime for made in [plain, *objects.values()]):
        return
    program.parent.mkdir(parents=True, exist_ok=True)
    commands = subprocess.run(["ninja", "-C", build, "-t", "commands", target], capture_output=True, text=True, check=True).stdout.strip().split("\n")
    words = commands[-1].replace(": && ", "", 1).replace(" && :", "").split(" ")
    stages = set(re.findall(r"libspillway_(\w+)\.a", commands[-1]))
    before = [str(folder / "state.o")]
    for name, made in objects.items():
        stage = "scenarios" if name.startswith("scenarios/") else name.split("/")[1]
        if stage in stages:
            before.append(str(made))
    words[words.index("-o") + 1] = str(program)
    first = next(k for k, word in enumerate(words) if "libspillway_" in word)
    subprocess.run(" ".join(words[:first] + before + ["-Wl,-z,muldefs"] + words[first:]), shell=True, cwd=build, check=True)


def ctests(build, folder, pattern):
    """Tests by name, with the command that runs them on the program and tests of FOLDER."""
    listed = json.loads(subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, text=True, check=True).stdout)
    found = {}
    for test in listed["tests"]:
        name, command = test["name"], test.get("command")
        if not command or not re.search(pattern, name) or re.search(NO_TESTS, name) or name.startswith("fuzz/"):
            continue
        if str(build / "spillway") in command:
            found[name] = ("spillway", [str(folder / "bin/spillway") if word == str(build / "spillway") else word for word in command])
        elif command[0].startswith(str(build / "tests")):
            target = pathlib.Path(command[0]).name
            found[name] = (target, [str(folder / "bin" / target), *command[1:]])
    return found


def ran(command, seconds, **more):
    """@return  exit code, seconds; a test that hangs has failed"""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True, env=dict(os.environ, **more))
    try:
        code = process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        code = -9
    return code, time.monotonic() - began


def reach(folder, tests, count, longest):
    """What each test comes by, and how long it takes; kept in FOLDER."""
    kept = folder / "reach.json"
    known = json.loads(kept.read_text()) if kept.exists() else {}
    met = folder / "met"
    for name, (target, command) in tests.items():
        made = (folder / "bin" / target).stat().st_mtime
        if name in known and known[name]["made"] == made:
            continue
        met.write_bytes(bytes(100000))
        code, seconds = ran(command, 20 * longest, SPILLWAY_MUTANTS_MET=str(met), SPILLWAY_MUTANT="-1")
        data = met.read_bytes()
        known[name] = dict(code=code, made=made, seconds=seconds, met=[k for k in range(count) if data[k]])
        if code != 0:
            print(f"{name} is left out: exit {code} with no mutant awake", flush=True)
        kept.write_text(json.dumps(known))
    return {n: t for n, t in known.items() if n in tests and t["code"] == 0 and t["seconds"] <= longest}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path, nargs="?")
    parser.add_argument("--check", action="store_true", help="only whether every line of tests/mutants.toml is in its file")
    parser.add_argument("--folder", type=pathlib.Path, help="default BUILD/mutants")
    parser.add_argument("--without-glue", action="store_true", help="sampled ones alone")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--numerics", type=int, default=0)
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--tests", default=".")
    parser.add_argument("--longest", type=float, default=5.0)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if options.check:
        return print(f"{len(glue_mutants())} mutants of the glue, each in its file")
    if options.build is None:
        parser.error("name the build")
    build = options.build.resolve()
    folder = (options.folder or build / "mutants").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "mutants.json").exists():
        mutants = glue_mutants()
        if options.sample or options.numerics:
            sampled, places = sampled_mutants(options.sample, options.numerics, options.files, options.seed, mutants)
            print(f"{len(sampled)} of {places} places drawn with seed {options.seed}")
            mutants = sampled if options.without_glue else mutants + sampled
        (folder / "mutants.json").write_text(json.dumps(mutants, indent=1))
    mutants = json.loads((folder / "mutants.json").read_text())
    objects = compile_all(build, folder, mutants, options.only, options.jobs)
    chosen = ctests(build, folder, options.tests)
    for target in sorted({target for target, _ in chosen.values()}):
        link(build, folder, target, objects)
    tests = reach(folder, chosen, len(mutants), options.longest)
    kept = folder / "found.json"
    found = json.loads(kept.read_text()) if kept.exists() else {}

    def hold(number):
        spent = 0.0
        by = sorted((name for name, test in tests.items() if number in test["met"]), key=lambda name: tests[name]["seconds"])
        for name in by:
            if spent > 8 * options.longest:
                break
            code, seconds = ran(chosen[name][1], 10 + 10 * tests[name]["seconds"], SPILLWAY_MUTANT=str(number))
            spent += seconds
            if code not in (0, 77):
                return dict(outcome="caught", by=name, seconds=spent)
        return dict(outcome="survived" if by else "not met", tests=len(by), seconds=spent)

    def show(number, result):
        one = mutants[number]
        print(f"{result['outcome']:8s} {number:4d} {one['list']:16s} {one['operator']:10s} {one['file']}:{one['line']}: {' '.join(one['old'].split())[:70]}"
              f"{' -> ' + one['to'][:40] if 'to' in one else ''} [{result.get('by', '')}]", flush=True)

    open_ones = [k for k, one in enumerate(mutants) if not one.get("refused") and found.get(str(k), {}).get("outcome") != "caught" and re.search(options.only, place_of(k, one))]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for number, result in zip(open_ones, pool.map(hold, open_ones)):
            found[str(number)] = result
            kept.write_text(json.dumps(found))
            show(number, result)
    print()
    table = collections.defaultdict(collections.Counter)
    for number, result in found.items():
        one = mutants[int(number)]
        for row in ((one["list"], ""), (one["list"], one["operator"])):
            table[row][result["outcome"]] += 1
    for (name, operator), counts in sorted(table.items()):
        every = sum(counts.values())
        print(f"{name:16s} {operator:12s} {counts['caught']:4d} of {every:4d} caught ({100 * counts['caught'] / every:5.1f} %), {counts['survived']} survived, {counts['not met']} met by no test")
    refused = sum(bool(one.get("refused")) for one in mutants)
    print(f"{len(tests)} tests of at most {options.longest:g} s used; {refused} mutants refused by the compiler, {len(mutants) - refused - len(found)} not held against tests")
    return 1 if any(mutants[int(k)]["list"] == "glue" and r["outcome"] != "caught" for k, r in found.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
