#!/usr/bin/env python3
"""A hundred files made to look like public downloads: each is read right, or refused with one true message.

Usage: downloads.py SPILLWAY SOURCE [FOLDER to keep the files in]. Python's standard library alone; no file is anybody's.
"""
import csv
import gzip
import os
import re
import subprocess
import sys
import tempfile

CODES = [f"E0100{k:04d}" for k in range(1, 25)]
NAMES = [f"Sunny Vale {k:03d}{'ABCD'[k % 4]}" for k in range(1, 25)]
PEOPLE = [1000 + 37 * k for k in range(24)]
cases = []


def case(name, data, said="", reads=None, refuses=None, key="code", column="pop", more="", edges=True, path=None):
    """`reads`: the populations, None where missing; `refuses`: a pattern of the message."""
    cases.append(dict(name=name, data=data, said=said, reads=reads, refuses=refuses, key=key, column=column, more=more,
                      edges=edges, path=path or f"{name}.csv"))


def table(people=PEOPLE, delimiter=",", end="\n", header=("code", "name", "pop"), names=NAMES, codes=CODES, quote=False,
          tail=""):
    def cell(x):
        x = str(x)
        quoted = quote or delimiter in x or '"' in x or "\n" in x
        return '"' + x.replace('"', '""') + '"' if quoted else x
    rows = [header] + list(zip(codes, names, people))
    return "".join(delimiter.join(cell(x) for x in row) + tail + end for row in rows)


def shown(number, comma):
    return f"{number:,}".replace(",", comma)


# Separators, encodings, line ends: what offices on the Continent, on old Macs and in Excel write.
for delimiter, word in ((",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "pipe")):
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"):
        end = {"utf-8": "\n", "utf-8-sig": "\r\n", "utf-16": "\r\n", "utf-16-be": "\n", "cp1252": "\r"}[encoding]
        names = [n.replace("Vale", "Caf\u00e9 \u2013 \u00a3") for n in NAMES]
        case(f"{word}-{encoding}", table(delimiter=delimiter, end=end, names=names).encode(encoding), reads=PEOPLE)
case("said-semicolon", table(delimiter=";").encode(), 'delimiter = ";"\nencoding = "utf-8"', reads=PEOPLE)
case("said-wrong-delimiter", table(delimiter=";").encode(), 'delimiter = "tab"', refuses=r"no such column.*code;name;pop")
case("said-latin-1", table(names=["Caf\u00e9"] * 24).encode("latin-1"), 'encoding = "latin-1"', reads=PEOPLE)
case("said-utf-8-is-not", table(names=["Caf\u00e9"] * 24).encode("latin-1"), 'encoding = "utf-8"', refuses=r":2: .*not UTF-8")

# NOMIS: quoted title rows, a blank row, the table, a blank row, notes.
NOMIS = '"Population estimates - small area based by single year of age"\n"ONS Crown Copyright Reserved [from Nomis]"\n\n' \
        '"date","2020"\n"sex","Total"\n\n'
NOTES = '\n"In order to protect against disclosure, figures have been rounded."\n"Source: ONS"\n'
nomis = NOMIS + table(quote=True) + NOTES
case("nomis-nothing-said", nomis.encode(), refuses=r":1: .*no header.*row 7 \(code, name, pop\): say skip_rows = 6")
case("nomis-skip-rows", nomis.encode(), "skip_rows = 6", refuses=r":33: .*notes below the table; say until = \"\"")
case("nomis-said", nomis.encode(), 'skip_rows = 6\nuntil = ""', reads=PEOPLE)
case("nomis-header", nomis.encode(), 'header = "code"\nuntil = ""', reads=PEOPLE)
case("nomis-off-by-one", nomis.encode(), "skip_rows = 5\nuntil = \"\"", reads=PEOPLE)  # a blank row above is no header
case("nomis-two-too-few", nomis.encode(), "skip_rows = 3", refuses=r"say skip_rows = 6")
case("nomis-cr", nomis.replace("\n", "\r").encode(), 'skip_rows = 6\nuntil = ""', reads=PEOPLE)
case("nomis-utf-16", nomis.replace("\n", "\r\n").encode("utf-16"), 'skip_rows = 6\nuntil = ""', reads=PEOPLE)
case("nomis-too-many", nomis.encode(), "skip_rows = 600", refuses=r"has only \d+ rows, and skip_rows = 600")

# ONS: a sheet exported from a workbook, titles and notes padded with commas.
for titles in (1, 2, 3, 5, 8):
    above = "Table 1: Mid-2020 population estimates,,\n" + ",,\n" * (titles - 1)
    ons = above + table([shown(p, ",") for p in PEOPLE]) + ",,\nSource: Office for National Statistics,,\n"
    case(f"ons-{titles}-titles", ons.encode(), refuses=rf"no header.*say skip_rows = {titles} in")
    case(f"ons-{titles}-titles-said", ons.encode("utf-8-sig"), f'skip_rows = {titles}\nuntil = ""\nthousands = ","',
         reads=PEOPLE)
ons = table() + ",,\nSource: Office for National Statistics,,\n"
case("ons-padded-note", ons.encode(), refuses=r":27: .*'Source: Office for National.*not like the other 24 codes \(E01000001\)")
case("ons-note-until", ons.encode(), 'until = "Source"', reads=PEOPLE)
case("ons-until-mistyped", ons.encode(), 'until = "Sauce"', refuses=r"'Sauce': no row starts so")
case("ons-note-close", (table() + "1. Figures may not sum\n").encode(), refuses=r":26: .*note below the table; say until = \"1. Figures")
case("ons-total-row", (table() + "Total,,34000\n").encode(), refuses=r":26: .*'Total': not like the other 24 codes")
case("ons-country-row", (table() + "E92000001,ENGLAND,34000\n").encode(), refuses=r":26: .*'E92000001': not like the other")
case("ons-authority-row", (table() + "E06000001,Hartlepool,34000\n").encode(), refuses=r":26: .*'E06000001': not like the other 24 codes")
case("ons-authority-row-first", table(codes=["E08000021"] + CODES[1:]).encode(), edges=False, refuses=r":2: .*'E08000021': not like")
case("ons-wales-too", table(codes=CODES[:20] + [c.replace("E", "W") for c in CODES[20:]]).encode(), edges=False, reads=PEOPLE)
case("small-letters", table(codes=CODES[:5] + [CODES[5].lower()] + CODES[6:]).encode(), edges=False, refuses=r":7: .*'e01000006': not like")
case("no-code", table(codes=CODES[:5] + [""] + CODES[6:]).encode(), edges=False, refuses=r":7: .*the row has no area code")
case("ons-trailing-columns", table(tail=",,,").encode(), reads=PEOPLE)
case("ons-trailing-commas-in-rows", ("code,name,pop\n" + table(tail=",").split("\n", 1)[1]).encode(), reads=PEOPLE)
case("ons-blank-rows", table().replace("E01000005", ",,\n\n,,\nE01000005").encode(), reads=PEOPLE)
case("ons-wrapped-header", table(header=("LSOA\ncode", "name", "Mid-2020\npopulation")).encode(), key="LSOA code",
     column="`Mid-2020 population`", reads=PEOPLE)
case("ons-key-mistyped", table(header=("LSOA11CD", "name", "pop")).encode(), key="LSOA11CDE", refuses=r"did you mean 'LSOA11CD'")
case("ons-no-break-spaces", table(codes=[c + "\u00a0" for c in CODES], people=[f"\u00a0{p}" for p in PEOPLE]).encode(),
     reads=PEOPLE)
case("ons-no-break-spaces-quoted", table(codes=[c + " \u202f" for c in CODES], quote=True).encode(), reads=PEOPLE)
case("ons-duplicate-area", (table() + f"{CODES[3]},again,5\n").encode(), refuses=r"'E01000004': the area stands more than once")
case("ons-cut-short", table().encode()[:-25], refuses=r":25: the row has 1 cell; expected 3, as the header has$")
case("ons-2021-edges", table().encode(), edges="2021", refuses=r"'E01900001': none of the 24 codes is in \[areas\].*E01000001")

# Marks of missing values and how numbers are written.
for mark in ("..", ":", "[c]", "[x]", "[z]", "-", "NA", "N/A", "NaN", "null", "#N/A"):
    people = [mark if k in (3, 7) else p for k, p in enumerate(PEOPLE)]
    word = re.sub(r"\W", "", mark) or f"mark{ord(mark[0])}"
    case(f"mark-{word}-{len(cases)}", table(people).encode(), reads=[None if p == mark else p for p in people])
people = ["[u]" if k in (3, 7) else p for k, p in enumerate(PEOPLE)]
case("mark-unknown", table(people).encode(), refuses=r":5: .*'\[u\]': not a number \(22 of 24 are\).*missing = \[\"\[u\]\"")
case("mark-said", table(people).encode(), 'missing = ["[u]"]', reads=[None if p == "[u]" else p for p in people])
case("mark-999", table([-999 if p == "[u]" else p for p in people]).encode(), 'missing = ["-999"]',
     reads=[None if p == "[u]" else p for p in people])
case("provisional-p", table([f"{p}p" for p in PEOPLE]).encode(), refuses=r":2: .*'1000p': not a number")
case("provisional-p-taken-out", table([f"{p}p" for p in PEOPLE]).encode(), column="number(replace(pop, 'p', ''))", reads=PEOPLE)
for comma, word in ((",", "comma"), (" ", "space"), ("\u00a0", "no-break"), ("\u2009", "thin"), ("'", "apostrophe")):
    sheet = table([shown(p * 1001, comma) for p in PEOPLE]).encode()
    sign = " " if comma in ("\u00a0", "\u2009") else comma
    case(f"thousands-{word}", sheet, refuses=rf":2: .*not a number.*say thousands = \"{sign}\"")
    case(f"thousands-{word}-said", sheet, f'thousands = "{sign}"', reads=[p * 1001 for p in PEOPLE])
case("thousands-dot", table([shown(p * 1001, ".") + ",5" for p in PEOPLE], delimiter=";").encode(),
     'thousands = "."\ndecimal = ","', reads=[p * 1001 + 0.5 for p in PEOPLE])
case("decimal-comma", table([f"{p},25" for p in PEOPLE], delimiter=";").encode(), refuses=r"not a number.*say decimal = \",\"")
case("decimal-comma-said", table([f"{p},25" for p in PEOPLE], delimiter=";").encode(), 'decimal = ","',
     reads=[p + 0.25 for p in PEOPLE])
case("pounds", table([f"\u00a3{p:,}" for p in PEOPLE]).encode("cp1252"), refuses=r":2: .*not a number")
case("pounds-taken-out", table([f"\u00a3{p:,}" for p in PEOPLE]).encode("cp1252"),
     column="number(replace(replace(pop, '\u00a3', ''), ',', ''))", reads=PEOPLE)
case("minus-of-typesetters", table([f"\u2212{p}" for p in PEOPLE]).encode(), column="-pop", reads=PEOPLE)
case("infinite", table(["1e999" if k == 4 else p for k, p in enumerate(PEOPLE)]).encode(), refuses=r":6: .*infinite")

# Electoral Commission: percentages; IMD: long names; 360Giving: free text; GDHI: years across.
percent = [f"{k + 40.5}%" for k in range(24)]
case("turnout", table(percent).encode(), refuses=r":2: .*'40.5%': not a number.*percent = true")
case("turnout-percent", table(percent).encode(), "percent = true", reads=[k + 40.5 for k in range(24)])
case("turnout-no-break", table([p.replace("%", "\u00a0%") for p in percent]).encode(), "percent = true", reads=[k + 40.5 for k in range(24)])
case("turnout-share", table(percent).encode(), 'percent = "share"', column="1000 * pop", reads=[1000 * ((k + 40.5) / 100) for k in range(24)])
case("turnout-mixed", table([p.rstrip("%") if k == 5 else p for k, p in enumerate(percent)]).encode(), "percent = true",
     refuses=r"23 numbers have a percent sign and 1 have none")
imd = ("LSOA code (2011)", "LSOA name (2011)", "Index of Multiple Deprivation (IMD) Rank (where 1 is most deprived)")
case("imd", table([shown(p, ",") for p in PEOPLE], header=imd).encode(), 'thousands = ","', key=imd[0],
     column=f"`{imd[2]}`", reads=PEOPLE)
giving = table(names=[f'To run "{n}",\nevery week; and more, \u2019s' for n in NAMES], end="\r\n").encode("utf-8-sig")
case("360giving", giving, reads=PEOPLE)
case("360giving-open-quote", giving.replace(b'week; and more, \xe2\x80\x99s",1000', b"week,1000"), refuses=r":\d+: .*(quote|row has)")
gdhi = "Region,LAD code,1997,1998,1998\n" + "".join(f"North,E0600{k:04d},{k},{p},0\n" for k, p in enumerate(PEOPLE))
case("gdhi-twin-columns", gdhi.encode(), key="LAD code", column="`1998`", refuses=r"no such column.*1998 \(1\)", edges=False)
case("gdhi-twins-named", gdhi.encode(), key="LAD code", column="`1998 (1)`", reads=PEOPLE, edges=False)
case("pandas-index", ("," + table().replace("\n", "\n0,").rstrip("0,")).encode(), reads=PEOPLE)
case("codes-that-are-numbers", table(codes=[f"{k}" for k in range(1, 25)]).encode(), edges=False, refuses=r'say text = \["code"\]')
case("codes-said-text", table(codes=[f"{k}" for k in range(1, 25)]).encode(), 'text = ["code"]', edges=False, reads=PEOPLE)
case("codes-leading-zero", table(codes=[f"0{k}" for k in range(1, 25)]).encode(), edges=False, reads=PEOPLE)
case("sep-line", ("sep=;\n" + table(delimiter=";")).encode(), refuses=r"say skip_rows = 1")
case("sep-line-said", ("sep=;\n" + table(delimiter=";")).encode(), "skip_rows = 1", reads=PEOPLE)
case("lad-of-most", table().encode(), column="weighted_mean(pop, 1, code)", reads=PEOPLE)

# Joins of codes that are not written alike, half a list of links, days of a spreadsheet for periods.
people = [-999 if k == 2 else p for k, p in enumerate(PEOPLE)]
case("mark-as-a-decimal", table([f"{p}.0" for p in people]).encode(), 'missing = ["-999"]', reads=[None if p == -999 else p for p in people])
case("half-the-links", table().encode(), edges="half", refuses=r"no link of the last 12 of 24 areas, 'E01000013' to 'E01000024'")
JOIN = """[[source]]
name = "b"
path = "edges.csv"
publisher = "p"
licence = "l"
vintage = "v"
[[table]]
name = "q"
from = "a"
steps = [ { join = "b", by = ["code = a"], columns = ["b"], unmatched = "keep" } ]"""
case("join-of-nothing", table(codes=[c.lower() for c in CODES]).encode(), JOIN, edges=False, refuses=r"no row of this table has a a of 'b', which are such as 'E01000001'")
PANEL = """[panel]
table = "a"
area = "code"
period = "pop"
[panel.columns]
one = { is = "1", unit = "1" }"""
case("days-for-periods", table(people=[43831] * 24).encode(), more=PANEL, edges=False, refuses=r"'43831': looks like a spreadsheet's number of a day")

# What is no table at all, and what is compressed.
for name, start, word in (("book.xlsx", b"PK\x03\x04", "spreadsheet"), ("book.xls", b"\xd0\xcf\x11\xe0", "Excel"),
                          ("data.parquet", b"PAR1", "Parquet"), ("map.gpkg", b"SQLite format 3\0", "GeoPackage"),
                          ("all.zip", b"PK\x03\x04", "zip archive"), ("page.csv", b"<!DOCTYPE html>", "web page"),
                          ("paper.pdf", b"%PDF-1.7", "PDF"), ("map.json", b'{"type": 1}', "JSON"),
                          ("old.7z", b"7z\xbc\xaf", "7z archive"), ("panel.dta", b"<stata_dta>", "Stata")):
    case("no-table-" + name.replace(".", "-"), start + bytes(range(256)), path=name, refuses=word)
case("gzip", gzip.compress(table(delimiter=";").encode("utf-16")), path="t.csv.gz", reads=PEOPLE)
case("gzip-cut-short", gzip.compress(table().encode())[:-30], refuses=r"gzip data end early")
case("gzip-bomb", gzip.compress(b"code,pop\n" + b"0" * (200 << 20), 9), refuses=r"expand to more than")
case("empty", b"", refuses=r":1: the file is empty")
case("zeros", bytes(500), refuses=r"zero bytes|UTF-16")
case("a-line-of-2-mb", table().encode() + b"E01000099,x," + b"9" * (2 << 20), refuses=r":26: a cell has more than")
case("twenty-thousand-columns", (",".join(f"c{k}" for k in range(20000)) + "\n").encode(), refuses=r"more than 16384 cells")

RECIPE = """[pack]
name = "t"
geography = "lsoa11"
period_years = 1
description = "d"
[[source]]
name = "a"
path = "{path}"
publisher = "p"
licence = "l"
vintage = "v"
{said}
[[source]]
name = "e"
path = "edges.csv"
publisher = "p"
licence = "l"
vintage = "v"
[areas]
table = "a"
key = "{key}"
[areas.columns]
population = {{ is = "{column}", unit = "residents" }}
{edges}
"""


def check(one, program, folder):
    """What went wrong, or nothing."""
    with open(os.path.join(folder, one["path"]), "wb") as file:
        file.write(one["data"])
    codes = [f"E0190{k:04d}" for k in range(1, 25)] if one["edges"] == "2021" else CODES
    with open(os.path.join(folder, "edges.csv"), "w") as file:
        file.write("a,b\n" + "".join(f"{a},{b}\n" for a, b in zip(codes, codes[1:])))
    if one["edges"] == "half":
        with open(os.path.join(folder, "edges.csv"), "w") as file:
            file.write("a,b\n" + "".join(f"{a},{b}\n" for a, b in zip(CODES[:11], CODES[1:12])))
    links = '[edges]\ntable = "e"\nfrom = "a"\nto = "b"' if one["edges"] else ""
    with open(os.path.join(folder, "recipe.toml"), "w") as file:
        file.write(RECIPE.format(path=one["path"], said=one["said"], key=one["key"], column=one["column"], edges=links) + one["more"] + "\n")
    output = os.path.join(folder, "pack")
    run = subprocess.run([program, "pack", os.path.join(folder, "recipe.toml"), "--data", folder, "--output", output],
                         capture_output=True, text=True, timeout=60)
    message = run.stderr.strip()
    if one["refuses"]:
        if run.returncode != 2:
            return f"exit {run.returncode}, to be refused with 2: {message}"
        if os.path.exists(output):
            return "refused, and wrote a pack"
        lines = message.splitlines()
        if not re.search(one["refuses"], message, re.DOTALL):
            return f"the message is: {message}"
        return f"{len(lines)} lines of message: {message}" if len(lines) > 3 else None
    if run.returncode != 0:
        return f"exit {run.returncode}: {message}"
    with open(os.path.join(output, "areas.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        found = [float(row["population"]) if row["population"] else None for row in rows]
    except ValueError as error:
        return f"the pack holds no number: {error}"
    if found != one["reads"]:
        return f"other numbers: {found}"
    read = subprocess.run([program, "inspect", output], capture_output=True, text=True, timeout=60)
    return None if read.returncode == 0 else f"pack wrote what inspect refuses: {read.stderr}"


def main():
    program = sys.argv[1]
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for one in cases:
            folder = os.path.join(sys.argv[3] if len(sys.argv) > 3 else scratch, one["name"])
            os.makedirs(folder)
            wrong = check(one, program, folder)
            if wrong:
                failed += 1
                print(f"{one['name']}: {wrong}")
    names = [one["name"] for one in cases]
    assert len(names) == len(set(names)) and len(names) >= 100, len(names)
    refused = sum(1 for one in cases if one["refuses"])
    print(f"{len(cases)} files, {len(cases) - refused} to be read and {refused} to be refused: {failed} wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
