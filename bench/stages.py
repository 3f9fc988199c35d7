"""The rows of bench/table: each stage's time, its counted floor under ceilings of the same run, its plain serial reference.

A floor is the least time for the work that cannot be left out, at the best rate this run saw; what is counted stands beside it.
A reference is what a careful person would write first: one thread, no blocking, no shared sums; where it would run for hours,
one unit of it is timed and multiplied.
"""
from measured import Packs, bench, ceilings, median_of, say, stage_times

AREAS, DRAWS, HORIZON, SCENARIOS, OUTCOMES = 33755, 9999, 10, 3, 2
MODES = 20  # the least that a draw of an area takes: polynomials of third degree in three rho (performance notes); see the basis

FORMULAS = {
    "pairs": "2 x replicates x clusters x statistics flops, f64 peak; percentile-t: the influence of every cluster too. No random numbers",
    "select": f"an area-draw made from {MODES} numbers (2 x {MODES} flops, f32 peak) and seen twice (2 x 4 B from L2: moments, brackets)",
    "quantiles": "two passes over a row's 4 B a draw, from L2",
    "recursion": "(links + 2 areas) x 4 B x draws x periods, from L1",
    "main": "pack from memory + pairs + 3 scenarios x 2 outcomes of select + the file at the best rate of a new file",
    "computing": "pairs + 3 scenarios x 1 outcome of select",
    "bytes": "bytes of the files, from memory",
    "written": "bytes of the file, at the best rate of a new file",
    "iv": "2 x 9,999 x 309 x 66 flops, f64 peak",
}


class Row:
    """times: {threads: seconds}; floors likewise; reference: seconds of the plain serial way, or None."""

    def __init__(self, name, times, floors, formula, reference=None, must=None, aim=None, remark=""):
        self.name, self.times, self.floors, self.formula = name, times, floors, formula
        self.reference, self.must, self.aim, self.remark = reference, must, aim, remark

    def fastest(self):
        return self.times[max(self.times)]

    def to_floor(self):
        threads = max(self.times)
        return self.times[threads] / self.floors[threads] if self.floors.get(threads) else None

    def to_reference(self):
        return self.reference / self.fastest() if self.reference else None


def best_write(rate):
    return max(rate[key] for key in rate if key[0].startswith("write/"))


def select_floor(rate, threads, areas, outcomes):
    work = areas * DRAWS * outcomes
    return 2 * MODES * work / rate["fma_f32", threads] + 2 * 4 * work / rate["read/L2", threads]


def threads_of(found, name):
    """{1: seconds, 2: seconds} of a benchmark with threads as its last argument."""
    return {k: found[f"{name}/{k}"]["wall"] for k in (1, 2) if f"{name}/{k}" in found}


def measure(repetitions, large):
    """(ceilings, rows, stage profile of the main job, efficiency on two threads).

    @param large  areas of the second main job, 0: none
    """
    say("ceilings")
    rate = ceilings(repetitions)
    rows = []

    say("pairs")
    panel = bench("panel", "both_models", repetitions, 0.01)
    refit = panel["naive_refit_of_both_models"]["wall"]
    pairs_flops = panel["pairs_of_both_models/authorities/1"]["flops"]

    def pairs(label, key, must=None, aim=None):
        scale = DRAWS / panel[f"{key}/1"]["replicates"]
        times = {k: t * scale for k, t in threads_of(panel, key).items()}
        floors = {k: scale * panel[f"{key}/1"]["flops"] / rate["fma_f64", k] for k in times}
        note = "" if scale == 1 else f"{panel[f'{key}/1']['replicates']:.0f} replicates, scaled up"
        rows.append(Row(label, times, floors, "pairs", DRAWS * refit, must, aim, note))

    pairs("LAD pairs, both models, percentile-t", "pairs_of_both_models/authorities", 0.15, 0.06)
    pairs("area pairs, f64, both models", "pairs_of_both_models/areas", 2.0, 1.2)
    pairs("area pairs, f64, both models, percentile-t", "pairs_of_both_models/areas_percentile_t")

    say("instruments")
    iv = bench("iv", "iv_replicates", repetitions, 0.01)["iv_replicates"]["wall"]
    rows.append(Row("LAD pairs, 2SLS with 6 controls", {1: iv}, {1: 2 * DRAWS * 309 * 66 / rate["fma_f64", 1]}, "iv"))

    say("quantiles")
    quantiles = bench("quantiles", "brackets/4|nth_element|sorting", repetitions, 0.02)
    sort, nth = quantiles["sorting"]["wall"], quantiles["nth_element"]["wall"]
    rows.append(Row("five exact quantiles and moments of an area", {1: quantiles["brackets/4"]["wall"]},
                    {1: 2 * 4 * DRAWS / rate["read/L2", 1]}, "quantiles", sort, remark=f"nth_element takes {1e6 * nth:.0f} us"))

    say("recursion and basis")
    path = bench("propagate", "scenario/ring_fence_(exact|basis)|plain_recursion", repetitions, 0.01)
    plain = path["plain_recursion_one_draw"]["wall"]
    links = path["scenario/ring_fence_exact/1"]["links"]
    recursion = {k: path[f"scenario/ring_fence_exact/{k}"]["propagate_s"] for k in (1, 2)}
    whole = threads_of(path, "scenario/ring_fence_exact")
    rows.append(Row("exact recursion, 9,999 draws x 10 years", recursion,
                    {k: (links + 2 * AREAS) * 4 * DRAWS * HORIZON / rate["read/L1", k] for k in recursion}, "recursion",
                    DRAWS * plain, 0.65, 0.5, f"aggregates included; with quantiles {whole[2]:.2f} s"))
    basis = threads_of(path, "scenario/ring_fence_basis")
    scenario_reference = DRAWS * plain + AREAS * sort
    rows.append(Row("fused basis + exact quantiles, a scenario", basis, {k: select_floor(rate, k, AREAS, 1) for k in basis}, "select",
                    scenario_reference, 0.35, 0.22, f"basis of {path['scenario/ring_fence_basis/2']['basis']:.0f}; aggregates included"))

    say("computing part")
    computing = threads_of(bench("computing", ".", repetitions, 0.01), "computing_part")
    floors = {k: pairs_flops / rate["fma_f64", k] + SCENARIOS * select_floor(rate, k, AREAS, 1) for k in computing}
    rows.insert(0, Row("its computing part, one area outcome, shocks of fixed shape", computing, floors, "computing",
                       DRAWS * refit + SCENARIOS * scenario_reference, 1.4, 1.0, "three ring-fences"))

    say("pack and store")
    pack = bench("data_pack", "read_full_pack|plain_reading", repetitions, 0.01)
    reading, pack_bytes = threads_of(pack, "read_full_pack"), pack["plain_reading"]["bytes_per_second"] * pack["plain_reading"]["cpu"]
    rows.append(Row("reading the pack", reading, {k: pack_bytes / rate["read/DRAM", k] for k in reading}, "bytes",
                    pack["plain_reading"]["wall"], remark=f"{pack_bytes / 1e6:.0f} MB of CSV; the reference checks nothing"))
    store = bench("store", "aggregates_of_a_scenario", repetitions, 0.01)["aggregates_of_a_scenario"]
    rows.append(Row("storing a scenario's aggregates, fsync included", {1: store["wall"]}, {1: DRAWS * 10 * 309 * 4 / best_write(rate)},
                    "written", remark="124 MB"))

    with Packs() as packs:
        def main_job(areas, label, must, aim, counts):
            found = {}
            for threads, count in counts.items():
                say(f"main job, {areas} areas, {threads} threads, {count} runs")
                runs = [packs.run(areas, "--threads", threads) for _ in range(count)]
                found[threads] = median_of(runs) | {"file_bytes": runs[0]["file_bytes"]}
            size = sum(file.stat().st_size for file in packs.of(areas).iterdir())
            times = {k: one["wall"] for k, one in found.items()}
            floors = {k: size / rate["read/DRAM", k] + pairs_flops / rate["fma_f64", k] +
                      SCENARIOS * select_floor(rate, k, areas, OUTCOMES) + found[k]["file_bytes"] / best_write(rate) for k in found}
            scale = areas / AREAS
            reference = scale * (DRAWS * refit + SCENARIOS * (DRAWS * plain + OUTCOMES * AREAS * sort) + pack["plain_reading"]["wall"])
            top = found[max(found)]
            return Row(label, times, floors, "main", reference, must, aim,
                       f"{top['cpu']:.2f} core-s, peak {top['peak_mb']:.0f} MB, file {top['file_bytes'] / 1e6:.0f} MB"), top["out"]

        row, out = main_job(AREAS, "main job", 2.6, 2.0, {1: max(1, repetitions - 1), 2: repetitions})
        rows.insert(0, row)
        if large:
            rows.insert(2, main_job(large, f"main job, N = {large:,}", 10.0 if large == 180000 else None, 7.0 if large == 180000 else None,
                                    {2: max(1, repetitions // 3)})[0])
    efficiency = rows[0].times[1] / (2 * rows[0].times[2])
    return rate, rows, stage_times(out), efficiency


def as_json(where, rate, rows, efficiency):
    return {"machine": where,
            "ceilings": {f"{name} x{threads}": value for (name, threads), value in rate.items()},
            "rows": {row.name: {"seconds": row.times, "floor": row.floors, "reference": row.reference,
                                "to_floor": row.to_floor(), "to_reference": row.to_reference()} for row in rows},
            "efficiency": efficiency}
