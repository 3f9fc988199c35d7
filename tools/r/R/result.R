# A result file as data frames. HDF5's axes are the other way round in R: [draw, period, group] reads as group x period x draw.

quantile_levels <- c(0.05, 0.25, 0.50, 0.75, 0.95)

with_file <- function(run, body) {
  path <- if (inherits(run, "spillway_run")) run$path else stop("'run' is no result of spillway_run() or open_run()", call. = FALSE)
  file <- open_hdf5(path)
  on.exit(file$close_all())
  body(file)
}

open_hdf5 <- function(path) {
  tryCatch(hdf5r::H5File$new(path, mode = "r"),
           error = function(e) world_failed(sprintf("'%s' cannot be read: it is no HDF5 file, or damaged", path)))
}

# Values of a dataset with text marked as what it is, UTF-8.
values <- function(file, path) {
  value <- file[[path]]$read(drop = FALSE)
  if (length(dim(value)) == 1) value <- as.vector(value)
  if (is.character(value)) Encoding(value) <- "UTF-8"
  if (inherits(value, "integer64")) value <- as.numeric(value)
  value
}

attribute <- function(file, path, name, default = NULL) {
  at <- file[[path]]
  if (!at$attr_exists(name)) return(default)
  value <- hdf5r::h5attr(at, name)
  if (is.character(value)) Encoding(value) <- "UTF-8"
  if (inherits(value, "integer64")) value <- as.numeric(value)
  value
}

# Names in a group, in the order in which they were written, as the program lists them.
children <- function(file, path) {
  if (!file$exists(path)) return(character())
  names <- file[[path]]$ls(index_type = hdf5r::h5const$H5_INDEX_CRT_ORDER)$name
  Encoding(names) <- "UTF-8"
  names
}

choice <- function(name, among, what, path) {
  if (length(name) == 1 && name %in% among) return(name)
  near <- among[utils::adist(name, among, ignore.case = TRUE) <= max(1, nchar(name) %/% 3)]
  input_fault(sprintf("no %s '%s' in %s%s; there are: %s", what, name, path,
                      if (length(near)) sprintf(" (did you mean '%s'?)", near[1]) else "", paste(among, collapse = ", ")))
}

one_scenario <- function(run, file, name) {
  among <- children(file, "scenarios")
  if (!is.null(name)) return(choice(name, among, "scenario", run$path))
  if (length(among) == 1) return(among)
  input_fault(sprintf("%s has the scenarios %s: say which", run$path, if (length(among)) paste(among, collapse = ", ") else "(none)"))
}

first_or <- function(name, among, what, path) if (is.null(name)) among[1] else choice(name, among, what, path)

#' Open a result
#'
#' @param path A result file of `spillway run`.
#' @param program The program; see [find_program()].
#' @return A `spillway_run`: `$path`, `$name`, `$config` (the whole configuration).
#' @export
#' @examples
#' tryCatch(open_run("none.h5"), spillway_world_failed = conditionMessage)
open_run <- function(path, program = NULL) {
  if (!file.exists(path) || dir.exists(path)) world_failed(sprintf("there is no result file '%s'", path))
  file <- open_hdf5(path)
  on.exit(file$close_all())
  if (!file$exists("run") || !identical(as.numeric(attribute(file, "run", "complete", 0)), 1))
    world_failed(sprintf("'%s' is no complete result of spillway run", path))
  structure(list(path = normalizePath(path), name = attribute(file, "run", "name"), config = values(file, "run/config"),
                 program = program, summary = "", document = NULL), class = "spillway_run")
}

#' @export
print.spillway_run <- function(x, ...) {
  cat(sprintf("<spillway_run '%s' in %s: %s>\n", x$name, x$path, paste(scenarios(x), collapse = ", ")))
  invisible(x)
}

#' @export
summary.spillway_run <- function(object, ...) {
  cat(if (nzchar(object$summary)) object$summary else call_program(c("inspect", object$path), object$program)$text)
  invisible(object)
}

#' What a result holds
#'
#' @param run A `spillway_run`.
#' @param scenario A scenario's name; the first where it is not given.
#' @return Names.
#' @export
#' @examples
#' # scenarios(run); outcomes(run); groupings(run)
scenarios <- function(run) with_file(run, function(file) children(file, "scenarios"))

#' @rdname scenarios
#' @export
outcomes <- function(run, scenario = NULL) {
  with_file(run, function(file) children(file, aggregate_of(run, file, scenario)))
}

#' @rdname scenarios
#' @export
groupings <- function(run, scenario = NULL) {
  with_file(run, function(file) {
    at <- aggregate_of(run, file, scenario)
    children(file, paste0(at, "/", children(file, at)[1]))
  })
}

aggregate_of <- function(run, file, scenario) {
  name <- first_or(scenario, children(file, "scenarios"), "scenario", run$path)
  if (is.na(name)) input_fault(sprintf("%s has no scenario", run$path))
  sprintf("scenarios/%s/aggregate", name)
}

#' Outcomes by group
#'
#' Quantiles over draws in the last period, one row a scenario, outcome and group. Quantiles are type 7 of Hyndman & Fan (1996)
#' over the stored draws, as in the program's tables. A run that kept no draws of the grouping (`store.keep`) has the quantiles of its
#' configuration alone; other levels and the mean are `NA`.
#'
#' @param run A `spillway_run`.
#' @param grouping `nation`, `region`, `combined_authority`, `lad`, `area_type`, ...: see [groupings()].
#' @param scenario Names of scenarios; all where not given.
#' @param outcome Names of outcomes; all where not given.
#' @param levels Levels of the quantiles.
#' @return A data frame: `scenario`, `outcome`, `group`, `name` (what the pack calls a group whose label is a code), `p5` ..., `mean`, `probability_positive` (the share of draws above zero), `probability_better` (on the better side: the other side where lower is better), `unit`.
#'   Attribute `unit` where all rows share one.
#' @export
#' @examples
#' # groups(run, "lad", outcome = "cumulative_uplift")
groups <- function(run, grouping = "nation", scenario = NULL, outcome = NULL, levels = quantile_levels) {
  with_file(run, function(file) {
    among <- children(file, "scenarios")
    if (length(among) == 0) input_fault(sprintf("%s has no scenario", run$path))
    chosen <- if (is.null(scenario)) among else vapply(scenario, choice, "", among, "scenario", run$path)
    rows <- list()
    known_as <- names_of_codes(file)
    for (name in chosen) {
      at <- aggregate_of(run, file, name)
      kept <- children(file, at)
      for (key in if (is.null(outcome)) kept else vapply(outcome, choice, "", kept, "outcome", run$path)) {
        here <- sprintf("%s/%s/%s", at, key, choice(grouping, children(file, paste0(at, "/", key)), "grouping", run$path))
        if (!file$exists(paste0(here, "/value"))) {
          rows[[length(rows) + 1]] <- kept_quantiles(file, name, key, here, levels)
          next
        }
        value <- values(file, paste0(here, "/value"))
        last <- matrix(value[, dim(value)[2], ], nrow = dim(value)[1])
        label <- values(file, paste0(here, "/group"))
        q <- apply(last, 1, stats::quantile, probs = levels, names = FALSE, na.rm = TRUE)
        q <- as.data.frame(matrix(q, ncol = length(levels), byrow = length(levels) > 1))
        names(q) <- paste0("p", format_levels(levels))
        rows[[length(rows) + 1]] <- data.frame(
          scenario = name, outcome = key, group = label, name = ifelse(is.na(known_as[label]), label, known_as[label]), q, mean = rowMeans(last, na.rm = TRUE),
          probability_positive = rowMeans(last > 0, na.rm = TRUE),
          probability_better = rowMeans(better_sign(file, name) * last > 0, na.rm = TRUE), unit = attribute(file, paste0(here, "/value"), "units", "1"),
          check.names = FALSE, row.names = NULL)
      }
    }
    with_unit(do.call(rbind, rows))
  })
}

# Quantiles that a run kept where it kept no draws (store.keep): those of its configuration; other levels and the mean are NA.
kept_quantiles <- function(file, scenario, outcome, here, levels) {
  kept <- values(file, paste0(here, "/level"))
  quantile <- values(file, paste0(here, "/quantile"))  # groups x levels
  label <- values(file, paste0(here, "/group"))
  quantile <- matrix(quantile, nrow = length(label))
  q <- as.data.frame(matrix(vapply(levels, function(level) {
    at <- which(abs(kept - level) < 1e-9)
    if (length(at)) quantile[, at[1]] else rep(NA_real_, length(label))
  }, numeric(length(label))), nrow = length(label)))
  names(q) <- paste0("p", format_levels(levels))
  shares <- shares_of(file, scenario, here)
  data.frame(scenario = scenario, outcome = outcome, group = label, name = label, q, mean = NA_real_,
             probability_positive = shares$probability_positive, probability_better = shares$probability_better,
             unit = attribute(file, paste0(here, "/quantile"), "units", "1"), check.names = FALSE, row.names = NULL)
}

# +1 where more of the outcome is better, -1 where less is.
better_sign <- function(file, scenario) {
  if (attribute(file, paste0("scenarios/", scenario), "better", "higher") == "higher") 1 else -1
}

# probability_positive and probability_better as stored. Before format 1.3 the first held the second.
shares_of <- function(file, scenario, here) {
  stored <- values(file, paste0(here, "/probability_positive"))
  better <- paste0(here, "/probability_better")
  if (file$exists(better)) return(list(probability_positive = stored, probability_better = values(file, better)))
  list(probability_positive = if (better_sign(file, scenario) > 0) stored else NA_real_ * stored, probability_better = stored)
}

# A slim run left something out: say what, and what to do.
need <- function(run, file, path, what) {
  if (file$exists(path)) return(invisible())
  keep <- attribute(file, "run", "keep", "full")
  input_fault(paste0(run$path, " holds no ", what, if (keep != "full") sprintf(
    ": its run kept store.keep = \"%s\" (run its configuration again with store.keep=full)", keep)))
}

# Names of codes, from the pack's pairs of columns: region_code and region_name, ...
names_of_codes <- function(file) {
  columns <- children(file, "areas")
  known_as <- character()
  for (code in grep("_code$", columns, value = TRUE)) {
    name <- sub("_code$", "_name", code)
    if (!name %in% columns || code == "area_code") next
    codes <- values(file, paste0("areas/", code))
    names <- values(file, paste0("areas/", name))
    first <- !duplicated(codes) & nzchar(codes) & nzchar(names)
    known_as[codes[first]] <- names[first]
  }
  known_as
}

format_levels <- function(levels) vapply(100 * levels, function(l) format(l, digits = 6, trim = TRUE), "")

with_unit <- function(frame) {
  units <- unique(frame$unit)
  attr(frame, "unit") <- if (length(units) == 1) units else "by row, in column 'unit'"
  frame
}

#' Outcomes of every area
#'
#' @param run A `spillway_run`.
#' @param scenario A scenario; may be left out where there is one.
#' @param outcome An outcome; the first where not given.
#' @param columns Also the columns of the data pack (name, authority, population, ...).
#' @return A data frame, one row an area: `area_code`, the pack's columns, quantiles (`p5` ...), `mean`, `sd`,
#'   `probability_better` and `probability_positive` (shares of draws on the better side and above zero). Attributes `unit` (of the outcome), `units` (by column),
#'   `scenario`, `outcome`.
#' @export
#' @examples
#' # areas(run, "wealth_fund")
areas <- function(run, scenario = NULL, outcome = NULL, columns = TRUE) {
  with_file(run, function(file) {
    need(run, file, "areas/area_code", "areas")
    codes <- values(file, "areas/area_code")
    frame <- data.frame(area_code = codes)
    units <- character()
    if (columns) for (name in setdiff(children(file, "areas"), "area_code")) {
      at <- paste0("areas/", name)
      if (!identical(as.numeric(file[[at]]$dims), as.numeric(length(codes)))) next
      frame[[name]] <- values(file, at)
      units[name] <- attribute(file, at, "units", "1")
    }
    name <- one_scenario(run, file, scenario)
    at <- sprintf("scenarios/%s/area", name)
    need(run, file, at, "outcomes by area")
    key <- first_or(outcome, children(file, at), "outcome", run$path)
    here <- paste0(at, "/", key)
    q <- values(file, paste0(here, "/quantile"))  # areas x levels
    level <- if (file$exists(paste0(here, "/level"))) values(file, paste0(here, "/level")) else quantile_levels
    added <- as.data.frame(matrix(q, nrow = length(codes)))
    names(added) <- paste0("p", format_levels(level))
    for (column in c("mean", "sd")) added[[column]] <- values(file, paste0(here, "/", column))
    shares <- shares_of(file, name, here)
    added[names(shares)] <- shares
    unit <- attribute(file, paste0(here, "/mean"), "units", "1")
    units[names(added)] <- ifelse(startsWith(names(added), "probability_"), "1", unit)
    frame[names(added)] <- added
    attributes(frame)[c("unit", "units", "scenario", "outcome")] <- list(unit, units, name, key)
    frame
  })
}

#' Every draw of a grouping
#'
#' @inheritParams groups
#' @param scenario A scenario; may be left out where there is one.
#' @param outcome An outcome; the first where not given.
#' @return A data frame: `draw` (from 1), `period` (periods ahead of the last observed one), `group`, `value`, in the order of the file.
#'   Attributes `unit`, `scenario`, `outcome`, `grouping`.
#' @export
#' @examples
#' # draws(run, "wealth_fund", grouping = "area_type")
draws <- function(run, scenario = NULL, outcome = NULL, grouping = "nation") {
  with_file(run, function(file) {
    name <- one_scenario(run, file, scenario)
    at <- sprintf("scenarios/%s/aggregate", name)
    key <- first_or(outcome, children(file, at), "outcome", run$path)
    here <- sprintf("%s/%s/%s", at, key, choice(grouping, children(file, paste0(at, "/", key)), "grouping", run$path))
    need(run, file, paste0(here, "/value"), sprintf("draws of %s by %s", key, grouping))
    value <- values(file, paste0(here, "/value"))
    frame <- expand.grid(group = values(file, paste0(here, "/group")), period = values(file, paste0(here, "/period")),
                         draw = seq_len(dim(value)[3]), stringsAsFactors = FALSE, KEEP.OUT.ATTRS = FALSE)
    frame <- data.frame(frame[c("draw", "period", "group")], value = as.vector(value))
    attributes(frame)[c("unit", "scenario", "outcome", "grouping")] <-
      list(attribute(file, paste0(here, "/value"), "units", "1"), name, key, grouping)
    frame
  })
}

#' Parameters, draw by draw
#'
#' `parameters()`: the lever's sampled parameters, one row a draw. `joint_draws()`: the joint replicates of every estimate that feeds a
#' scenario, one row a replicate; `status` 0 is a good one.
#'
#' @param run A `spillway_run`.
#' @param scenario A scenario; may be left out where there is one.
#' @return A data frame, one column a parameter.
#' @export
#' @examples
#' # parameters(run, "ring_fence_10")$share
parameters <- function(run, scenario = NULL) {
  with_file(run, function(file) {
    at <- sprintf("scenarios/%s/parameters", one_scenario(run, file, scenario))
    named_columns(values(file, paste0(at, "/value")), values(file, paste0(at, "/parameter")))
  })
}

#' @rdname parameters
#' @export
joint_draws <- function(run) {
  with_file(run, function(file) {
    need(run, file, "draws", "replicates of the estimates")
    data.frame(status = values(file, "draws/status"), named_columns(values(file, "draws/value"), values(file, "draws/parameter")),
               check.names = FALSE)
  })
}

named_columns <- function(value, names) {
  frame <- as.data.frame(t(matrix(value, nrow = length(names))))
  names(frame) <- names
  frame
}

#' What the program makes of a result
#'
#' `report()` writes the offline page, `spillway_table()` gives a table as the program prints it, `verify()` reads the file again and
#' holds it against its checksums.
#'
#' @param run A `spillway_run`.
#' @param output The page; beside the result where not given.
#' @param what `estimates`, `outcomes`, `appraisal`, `winners`, `sets` or a grouping.
#' @param format `data.frame`, or as text: `markdown`, `terminal`, `csv`, `latex`, `json`. `estimates` are text.
#' @return `report()`: the page's path, invisibly. `spillway_table()`: a data frame, a list of them by title where they are several
#'   (`outcomes`, `appraisal`), or text. `verify()`: `TRUE`; an error says what is damaged.
#' @export
#' @examples
#' # browseURL(report(run)); cat(spillway_table(run, "estimates", "markdown"))
report <- function(run, output = sub("(\\.h5)?$", ".html", run$path)) {
  call_program(c("report", run$path, "--output", output), run$program)
  invisible(output)
}

#' @rdname report
#' @export
spillway_table <- function(run, what, format = if (what == "estimates") "markdown" else "data.frame") {
  several <- format == "data.frame" && what %in% c("outcomes", "appraisal")
  asked <- if (several) "json" else if (format == "data.frame") "csv" else format
  text <- call_program(c("table", run$path, what, "--format", asked), run$program)$text
  if (several) {
    tables <- jsonlite::fromJSON(text)
    return(stats::setNames(tables$rows, tables$title))
  }
  if (format == "data.frame") utils::read.csv(text = text, check.names = FALSE, encoding = "UTF-8") else text
}

#' @rdname report
#' @export
verify <- function(run) {
  call_program(c("inspect", run$path, "--verify"), run$program)
  TRUE
}

#' A map of every area
#'
#' Joins [areas()] with boundaries by area code.
#'
#' @inheritParams areas
#' @param boundaries An sf object, or a file that [sf::st_read()] reads; where not given, each area is the point of the pack's
#'   `easting` and `northing` (British National Grid).
#' @param by The column of `boundaries` that holds the area codes; the one that matches most areas where not given.
#' @return An sf object, one row an area that has a boundary; a warning counts areas without one.
#' @export
#' @examples
#' # plot(areas_sf(run, "wealth_fund", boundaries = "lsoa.geojson")["p50"])
areas_sf <- function(run, scenario = NULL, outcome = NULL, boundaries = NULL, by = NULL) {
  if (!requireNamespace("sf", quietly = TRUE)) stop("areas_sf() needs the package sf: install.packages(\"sf\")", call. = FALSE)
  frame <- areas(run, scenario, outcome)
  labels <- attributes(frame)[c("unit", "units", "scenario", "outcome")]
  if (is.null(boundaries)) {
    if (!all(c("easting", "northing") %in% names(frame)))
      input_fault("the pack has no columns easting and northing to place its areas by; give boundaries =")
    map <- sf::st_as_sf(frame, coords = c("easting", "northing"), crs = 27700, remove = FALSE, na.fail = FALSE)
  } else {
    if (is.character(boundaries)) boundaries <- sf::st_read(boundaries, quiet = TRUE)
    held <- setdiff(names(boundaries), attr(boundaries, "sf_column"))
    if (is.null(by)) {
      matches <- vapply(held, function(column) sum(frame$area_code %in% as.character(boundaries[[column]])), 0)
      by <- if (length(matches) && max(matches) > 0) names(matches)[which.max(matches)] else
        input_fault(sprintf("no column of the boundaries (%s) holds area codes such as '%s'", paste(held, collapse = ", "), frame$area_code[1]))
    }
    by <- choice(by, held, "column", "the boundaries")
    at <- match(frame$area_code, as.character(boundaries[[by]]))
    if (all(is.na(at)))
      input_fault(sprintf("column '%s' of the boundaries holds none of the area codes (such as '%s')", by, frame$area_code[1]))
    if (anyNA(at)) warning(sprintf("%d of %d areas have no boundary and are left out", sum(is.na(at)), length(at)), call. = FALSE)
    map <- sf::st_sf(frame[!is.na(at), ], geometry = sf::st_geometry(boundaries)[at[!is.na(at)]])
  }
  attributes(map)[names(labels)] <- labels
  map
}
