# What the program does, as functions.

# Names of the scenarios of a configuration, and whether each sets `parameter`. The program reads the file; this looks for names only.
scenarios_with <- function(config, parameter) {
  lines <- config_lines(config)
  lines <- sub("^\\s+", "", lines)
  header <- sub("\\s*(#.*)?$", "", lines)
  starts <- which(grepl("^\\[\\[\\s*scenario\\s*\\]\\]$", header))
  if (length(starts) == 0) return(character())
  ends <- vapply(starts, function(s) {
    others <- which(startsWith(lines, "[") & seq_along(lines) > s & !grepl("^\\[\\[?\\s*scenario\\s*\\.", header))
    if (length(others)) others[1] - 1L else length(lines)
  }, 0L)
  key <- sprintf("^(parameters\\s*\\.\\s*)?[\"']?%s[\"']?\\s*=|^parameters\\s*=\\s*\\{.*\\b%s\\s*=", parameter, parameter)
  found <- lapply(seq_along(starts), function(k) {
    body <- lines[seq(starts[k] + 1L, length.out = max(0L, ends[k] - starts[k]))]
    named <- regmatches(body, regexec("^name\\s*=\\s*[\"']([^\"']*)[\"']", body))
    named <- unlist(lapply(named, `[`, 2))
    list(name = named[!is.na(named)][1], sets = any(grepl(key, body)))
  })
  all <- vapply(found, `[[`, "", "name")
  with <- all[vapply(found, `[[`, TRUE, "sets")]
  if (length(with)) with else all
}

config_lines <- function(config) {
  if (!file.exists(config)) input_fault(sprintf("there is no configuration '%s'", config))
  magic <- readBin(config, "raw", 8)
  if (identical(magic, as.raw(c(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a))))
    return(strsplit(open_run(config)$config, "\n", fixed = TRUE)[[1]])
  readLines(config, warn = FALSE, encoding = "UTF-8")
}

# Dotted keys of --set: `settings` as they are, parameters as those of a scenario.
settings_with <- function(config, settings, parameters, scenario) {
  if (length(parameters) == 0) return(settings)
  if (is.null(names(parameters)) || any(!nzchar(names(parameters))))
    input_fault("every argument after the configuration has a name: spillway_run(\"my.toml\", share = 0.25)")
  for (name in names(parameters)) {
    names <- if (is.null(scenario)) scenarios_with(config, name) else scenario
    if (length(names) != 1) {
      what <- if (length(names)) sprintf("'%s' could be a parameter of any of the scenarios %s", name, paste(names, collapse = ", "))
              else sprintf("'%s' is no argument, and '%s' has no scenario whose parameter it could be", name, config)
      fault <- data.frame(what = what, file = config, line = 0L, column = name, value = as_toml(parameters[[name]]))
      input_fault(sprintf("%s; say scenario = , or settings = list(\"scenario.NAME.parameters.%s\" = ...)", what, name), faults = fault)
    }
    settings[[sprintf("scenario.%s.parameters.%s", names, name)]] <- parameters[[name]]
  }
  settings
}

flags <- function(...) {
  given <- list(...)
  given <- given[!vapply(given, is.null, TRUE)]
  if (length(given) == 0) return(character())
  as.vector(rbind(paste0("--", names(given)), vapply(given, as_toml, "")))
}

#' Run a configuration
#'
#' Estimate, draw, simulate and store; the result, open for reading.
#'
#' @param config A TOML configuration ([spillway_init()] writes one), or a result file that stands for its own.
#' @param ... Parameters of the scenario by their names (`share = 0.25`); of `scenario` where there are several.
#' @param data Folder of a data pack in place of the configuration's.
#' @param output The result file; `results/<name>.h5` in the working folder by default.
#' @param seed,replicates,draws,threads In place of the configuration's.
#' @param resume Go on from what an interrupted run kept.
#' @param scenario The scenario whose parameters `...` sets.
#' @param settings Any other key by its dotted path: `list("outcomes.horizon" = 5)`.
#' @param program The program; see [find_program()].
#' @param progress Show the program's progress.
#' @return A `spillway_run`: see [groups()], [areas()], [draws()], [tidy.spillway_run()]; `$summary` is what the program printed,
#'   `$document` what it wrote as JSON.
#' @seealso [spillway_error] for what it throws
#' @export
#' @examples
#' if (nzchar(Sys.getenv("SPILLWAY"))) {
#'   config <- tempfile(fileext = ".toml")
#'   spillway_init(config)
#'   run <- spillway_run(config, scenario = "ring_fence_10", share = 0.25, replicates = 99,
#'                       settings = list("data.synthetic_areas" = 900, "scenario.wealth_fund.parameters.amount" = 4.7e6),
#'                       output = tempfile(fileext = ".h5"))
#'   groups(run, "region")
#' }
spillway_run <- function(config, ..., data = NULL, output = NULL, seed = NULL, replicates = NULL, draws = NULL, threads = NULL,
                         resume = FALSE, scenario = NULL, settings = list(), program = NULL, progress = interactive()) {
  words <- c("run", config, flags(data = data, seed = seed, replicates = replicates, draws = draws, threads = threads, output = output),
             set_flags(settings_with(config, as.list(settings), list(...), scenario)), if (resume) "--resume")
  called <- call_program(words, program, takes_json = TRUE, progress = progress)
  run <- open_run(called$document$file, program = program)
  run$summary <- called$text
  run$document <- called$document
  run
}

#' Estimate the models of a configuration and stop there
#'
#' @inheritParams spillway_run
#' @param ... Refused: parameters of scenarios move no estimate.
#' @param seed,replicates,threads In place of the configuration's.
#' @return A `spillway_estimates`: print it, or take [tidy()][tidy.spillway_estimates] and glance() of it; `$document` is the program's
#'   JSON, `$warnings` every warning with its model and estimator.
#' @export
#' @examples
#' if (nzchar(Sys.getenv("SPILLWAY"))) {
#'   config <- tempfile(fileext = ".toml")
#'   spillway_init(config)
#'   tidy(estimate(config, replicates = 99, settings = list("data.synthetic_areas" = 900)))
#' }
estimate <- function(config, ..., data = NULL, seed = NULL, replicates = NULL, threads = NULL, settings = list(), program = NULL,
                     progress = interactive()) {
  if (...length() > 0)
    input_fault("estimate() takes no parameters of scenarios; other keys go into settings = list(...)")
  words <- c("estimate", config, flags(data = data, seed = seed, replicates = replicates, threads = threads), set_flags(settings))
  called <- call_program(words, program, takes_json = TRUE, progress = progress)
  warnings <- unlist(lapply(called$document$models, function(m)
    if (length(m$warnings)) paste0(m$name, "/", m$estimator, ": ", unlist(m$warnings))))
  structure(list(document = called$document, text = called$text, warnings = as.character(warnings)), class = "spillway_estimates")
}

#' @export
print.spillway_estimates <- function(x, ...) {
  cat(x$text)
  invisible(x)
}

#' Files to start from
#'
#' `spillway_init()` writes a configuration that explains every key; `spillway_synth()` writes the synthetic England as a data pack;
#' `spillway_pack()` builds a data pack from published tables by a recipe.
#'
#' @param output Where to write: a file for `spillway_init()`, a folder for the others.
#' @param areas,seed Size and seed of the synthetic England.
#' @param recipe A recipe (TOML).
#' @param data Folder of the tables that the recipe names.
#' @inheritParams find_program
#' @return `output`, invisibly.
#' @export
#' @examples
#' if (nzchar(Sys.getenv("SPILLWAY"))) spillway_init(tempfile(fileext = ".toml"))
spillway_init <- function(output, program = NULL) {
  call_program(c("init", "--output", output), program)
  invisible(output)
}

#' @rdname spillway_init
#' @export
spillway_synth <- function(output, areas = NULL, seed = NULL, program = NULL) {
  call_program(c("synth", "--output", output, flags(areas = areas, seed = seed)), program)
  invisible(output)
}

#' @rdname spillway_init
#' @export
spillway_pack <- function(recipe, data, output, program = NULL) {
  call_program(c("pack", recipe, "--data", data, "--output", output), program)
  invisible(output)
}
