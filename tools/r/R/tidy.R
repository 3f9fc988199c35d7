#' @importFrom generics tidy
#' @export
generics::tidy

#' @importFrom generics glance
#' @export
generics::glance

or_na <- function(value) if (is.null(value)) NA else value

#' Estimates in broom's form
#'
#' `tidy()`: one row a coefficient. `glance()`: one row a model and estimator with its diagnostics (of estimates), or one row (of a run).
#'
#' @param x What [estimate()], [spillway_run()] or [open_run()] returned.
#' @param ... Not used.
#' @return `tidy()`: a data frame with `model`, `estimator`, `term`, `estimate`, `std.error`, `conf.low`, `conf.high` (infinite or NA: unbounded
#'   or none), `interval`, `level`, `unit`. `glance()` of estimates: `model`, `estimator`, `kind`, `nobs`, `areas`, `clusters`, `refused`, every
#'   diagnostic; of a run: `name`, `version`, `seed`, `areas`, `replicates`, `scenarios`.
#' @export
#' @examples
#' # tidy(run); glance(run)
tidy.spillway_estimates <- function(x, ...) {
  rows <- lapply(x$document$models, function(m) {
    number <- function(key) vapply(m$coefficients, function(c) as.numeric(or_na(c[[key]])), 0)
    data.frame(model = rep(m$name, length(m$coefficients)), estimator = rep(m$estimator, length(m$coefficients)),
               term = vapply(m$coefficients, `[[`, "", "name"), estimate = number("estimate"), std.error = number("standard_error"),
               conf.low = number("low"), conf.high = number("high"), interval = rep(m$interval$method, length(m$coefficients)),
               level = rep(m$interval$level, length(m$coefficients)), unit = rep(as.character(or_na(m$outcome_unit)), length(m$coefficients)))
  })
  do.call(rbind, rows)
}

#' @rdname tidy.spillway_estimates
#' @export
glance.spillway_estimates <- function(x, ...) {
  rows <- lapply(x$document$models, function(m) {
    plain <- Filter(function(v) length(v) == 1 && !is.list(v), m$diagnostics)
    data.frame(model = m$name, estimator = m$estimator, kind = m$kind, nobs = m$observations, areas = m$areas, clusters = m$clusters,
               refused = isTRUE(m$refused), plain, check.names = FALSE)
  })
  columns <- unique(unlist(lapply(rows, names)))
  do.call(rbind, lapply(rows, function(row) {
    row[setdiff(columns, names(row))] <- NA
    row[columns]
  }))
}

#' @rdname tidy.spillway_estimates
#' @export
tidy.spillway_run <- function(x, ...) {
  with_file(x, function(file) {
    rows <- list()
    for (model in children(file, "estimates")) for (estimator in setdiff(children(file, paste0("estimates/", model)), "cells")) {
      at <- sprintf("estimates/%s/%s", model, estimator)
      if (!file$exists(paste0(at, "/coefficient"))) next
      rows[[length(rows) + 1]] <- data.frame(
        model = model, estimator = estimator, term = values(file, paste0(at, "/coefficient")), estimate = values(file, paste0(at, "/estimate")),
        std.error = values(file, paste0(at, "/standard_error")), conf.low = values(file, paste0(at, "/low")),
        conf.high = values(file, paste0(at, "/high")), interval = attribute(file, at, "interval_method", ""),
        level = attribute(file, at, "level", NA_real_), unit = attribute(file, at, "outcome_unit", ""))
    }
    do.call(rbind, rows)
  })
}

#' @rdname tidy.spillway_estimates
#' @export
glance.spillway_run <- function(x, ...) {
  with_file(x, function(file)
    data.frame(name = x$name, version = attribute(file, "run", "spillway_version", ""), seed = as.numeric(attribute(file, "run", "seed")),
               areas = file[["areas/area_code"]]$dims, replicates = if (file$exists("draws/status")) file[["draws/status"]]$dims else NA,
               scenarios = length(children(file, "scenarios"))))
}
