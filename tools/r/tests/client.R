# The client as a user would type it, against the program's own output. Needs the program: skipped where SPILLWAY names none.
library(spillway)
if (!nzchar(Sys.getenv("SPILLWAY"))) {
  cat("SKIPPED: the environment variable SPILLWAY names no program\n")
  quit(status = 0)
}
check <- function(holds, what) if (!isTRUE(holds)) stop("FAILED: ", what, call. = FALSE)
caught <- function(body) tryCatch({ body; NULL }, spillway_error = identity)
setwd(tempfile("client-") |> (\(d) { dir.create(d); d })())

spillway_init("my.toml")
small <- list("data.synthetic_areas" = 900, "scenario.wealth_fund.parameters.amount" = 4.7e6)  # a fund of the world's size
run <- spillway_run("my.toml", scenario = "ring_fence_10", share = 0.25, replicates = 99, settings = small, output = "a.h5")
check("ring_fence_10" %in% scenarios(run), paste("scenarios:", toString(scenarios(run))))
check(all(parameters(run, "ring_fence_10")$share == 0.25), "share = 0.25 did not reach the run")
check(nzchar(run$summary) && file.exists(run$document$file), "the summary and the JSON are kept")

# Groups: the same numbers as the program's own table, to the digits that it prints.
printed <- spillway_table(run, "region")
ours <- groups(run, "region")
both <- merge(printed, ours, by = c("scenario", "outcome", "group"), suffixes = c(".printed", ""))
check(nrow(both) == nrow(ours) && nrow(printed) == nrow(ours) && nrow(ours) > 0, "groups() has the rows of the program's table")
for (pair in list(c("p5.printed", "p5"), c("median", "p50"), c("p95.printed", "p95")))
  check(all(abs(both[[pair[1]]] - both[[pair[2]]]) <= 2e-3 * abs(both[[pair[1]]]) + 1e-12), paste("groups() differs in", pair[2]))
check(identical(both$name.printed, both$name), "groups() and the table call groups by other names")
money <- spillway_table(run, "appraisal")
check(length(money) == 3 && "public cost" %in% names(money[[1]]) && all(c("policy", "figure", "median", "unit") %in% names(money[[2]])) && all(c("year", "RDEL", "net cost") %in% names(money[[3]])), "tables that are several are a list")
check(all(nzchar(ours$unit)), "every row has its unit")
check("West Midlands" %in% ours$name && !any(ours$name %in% ours$group) && identical(groups(run, "area_type")$name, groups(run, "area_type")$group),
      "names beside codes")
check(identical(attr(groups(run, "nation", outcome = "cumulative_uplift"), "unit"), ours$unit[ours$outcome == "cumulative_uplift"][1]), "the unit of one outcome")
one <- groups(run, "region", "wealth_fund", "uplift", levels = 0.5)
check(identical(names(one)[5], "p50") && nrow(one) == length(unique(ours$group)), "one level is one column")

# Areas, draws, joint draws: labelled, and one set of numbers.
of_areas <- areas(run, "wealth_fund", "cumulative_uplift")
check(nrow(of_areas) == 900 && !anyDuplicated(of_areas$area_code) && nzchar(attr(of_areas, "units")["p50"]), "areas by code, with units")
check(all(of_areas$p5 <= of_areas$p50 & of_areas$p50 <= of_areas$p95) && "population" %in% names(of_areas), "quantiles in order, the pack's columns beside them")
every <- draws(run, "wealth_fund", "cumulative_uplift", "region")
check(identical(names(every), c("draw", "period", "group", "value")) && max(every$draw) == 99, "every draw of every region")
last <- every[every$period == max(every$period), ]
median_of <- tapply(last$value, last$group, median)
stored <- groups(run, "region", "wealth_fund", "cumulative_uplift")
check(all(abs(median_of[stored$group] - stored$p50) < 1e-6 * abs(stored$p50) + 1e-12), "draws() and groups() agree")
joint <- joint_draws(run)
check(nrow(joint) == 99 && any(endsWith(names(joint), "/previous")) && all(joint$status == 0), "joint draws")

# Estimates: every coefficient of the JSON a row; those of the file are the same bits.
estimated <- estimate("my.toml", replicates = 99, settings = c(small, "bootstrap.draws" = 99))
terms <- tidy(estimated)
check(nrow(terms) == sum(lengths(lapply(estimated$document$models, `[[`, "coefficients"))), "tidy() has every coefficient")
check(all(c("term", "estimate", "std.error", "conf.low", "conf.high") %in% names(terms)), "tidy() has broom's columns")
in_file <- tidy(run)
same <- merge(in_file, unique(terms[terms$model == "spillover", ]), by = c("model", "estimator", "term"))
check(nrow(same) > 0 && identical(same$estimate.x, same$estimate.y), "the file's estimates are the JSON's")
check(nrow(glance(estimated)) == length(estimated$document$models) && glance(run)$areas == 900, "glance() has one row a model, or a run")

# Errors: the program's own faults, by its exit codes.
writeLines(c("[run]", "name = \"x\"", "sede = 3"), "bad.toml")
fault <- caught(spillway_run("bad.toml"))
check(inherits(fault, "spillway_input_fault") && fault$exit_code == 2 && any(fault$faults$line == 3 & grepl("seed", fault$faults$what)),
      paste("faults of a misspelt key:", conditionMessage(fault)))
check(grepl("say scenario =", conditionMessage(caught(spillway_run("my.toml", leakage = 0.25)))), "an ambiguous parameter is told")
check(grepl("no configuration 'none.toml'", conditionMessage(caught(spillway_run("none.toml", share = 0.2)))), "a configuration that is not there")
check(grepl("region", conditionMessage(caught(groups(run, "regoin")))), "a misspelt grouping is told")
check(grepl("say which", conditionMessage(caught(areas(run)))), "several scenarios: say which")
check(inherits(caught(open_run("none.h5")), "spillway_world_failed") && inherits(caught(open_run("my.toml")), "spillway_world_failed"), "no result there")
check(inherits(caught(find_program("no-such-program")), "spillway_program_not_found"), "no program there")
check(inherits(caught(estimate("my.toml", settings = list(1))), "spillway_input_fault"), "a setting without a key")

# What is given reaches the program: numbers to their last bit, lists, dates, names that need quotes.
as_toml <- spillway:::as_toml
check(identical(as.numeric(as_toml(0.1 + 0.2)), 0.1 + 0.2) && as_toml(300e6) == "300000000" && as_toml(2L) == "2" && as_toml(TRUE) == "true", "numbers as TOML")
check(as_toml(c("a", "b\"c")) == "[\"a\", \"b\\\"c\"]" && as_toml(I(0.5)) == "[0.5]" && as_toml(as.Date("2026-11-29")) == "2026-11-29", "lists and dates as TOML")
check(as_toml(list(distribution = "pert", low = 0.05)) == "{ distribution = \"pert\", low = 0.05 }", "tables as TOML")
writeLines(c("[[scenario]] # one", "name = \"a\"", "[scenario.parameters]", "share = 0.1", "[[scenario]]", "name = 'b'", "parameters = { factor = 2 }", "[outcomes]", "leakage = 1"), "two.toml")
check(identical(spillway:::scenarios_with("two.toml", "share"), "a") && identical(spillway:::scenarios_with("two.toml", "factor"), "b") &&
      identical(spillway:::scenarios_with("two.toml", "leakage"), c("a", "b")), "whose parameter it is")

# A result stands for its configuration.
again <- spillway_run("a.h5", scenario = "ring_fence_10", share = 0.25, output = "b.h5")
check(identical(groups(again, "region"), groups(run, "region")), "a result stands for its configuration")

# A result of another study holds no scenarios, and says so.
invisible(spillway:::call_program(c("frontier", "a.h5", "--scenario", "ring_fence_10", "--points", "3", "--area-draws", "9", "--output", "f.h5"), progress = FALSE))
other <- open_run("f.h5")
check(length(scenarios(other)) == 0, "a frontier has no scenarios of its own")
for (ask in list(groups, areas, draws, parameters, outcomes, groupings))
  check(grepl("no scenario|\\(none\\)", conditionMessage(caught(ask(other)))), "what has no scenario is told")

# The page, the checksums, a map.
page <- report(run)
check(startsWith(readLines(page, 1, warn = FALSE), "<!") && verify(run), "the page is written, the file is whole")
if (requireNamespace("sf", quietly = TRUE)) {
  map <- areas_sf(run, "wealth_fund")
  check(inherits(map, "sf") && nrow(map) == 900 && sf::st_crs(map)$epsg == 27700 && nzchar(attr(map, "unit")), "a map of points")
  shapes <- sf::st_buffer(map[c("area_code")], 500)
  names(shapes)[1] <- "LSOA21CD"
  joined <- withCallingHandlers(areas_sf(run, "wealth_fund", boundaries = shapes[-1, ]), warning = function(w) {
    check(grepl("1 of 900 areas", conditionMessage(w)), "areas without a boundary are counted")
    invokeRestart("muffleWarning")
  })
  check(nrow(joined) == 899 && identical(joined$p50, of_areas$p50[-1] * 0 + areas(run, "wealth_fund")$p50[-1]), "boundaries are joined by code")
  shapes$LSOA21CD <- "X"
  check(grepl("no column", conditionMessage(caught(areas_sf(run, "wealth_fund", boundaries = shapes)))), "boundaries of another world")
}
cat("the R client: run, tables, draws, estimates, errors, page, map\n")
