# Finding and calling the program.

#' The program that is called
#'
#' @param program A path or a name on the PATH; else the environment variable `SPILLWAY`, else `spillway` on the PATH, else
#'   `./build/spillway`.
#' @return `find_program()`: its path; an error of class `spillway_program_not_found` says how to get it. `spillway_version()`:
#'   its version.
#' @export
#' @examples
#' tryCatch(find_program(), spillway_program_not_found = conditionMessage)
find_program <- function(program = NULL) {
  named <- list("program =" = program, "the environment variable SPILLWAY" = Sys.getenv("SPILLWAY"))
  for (place in names(named)) {
    candidate <- named[[place]]
    if (is.null(candidate) || !nzchar(candidate)) next
    found <- runnable(candidate)
    if (nzchar(found)) return(found)
    fail("spillway_program_not_found", sprintf("%s names '%s', which is no program that can be run", place, candidate))
  }
  for (candidate in c("spillway", "./build/spillway")) {
    found <- runnable(candidate)
    if (nzchar(found)) return(found)
  }
  fail("spillway_program_not_found", paste(
    "no program found (tried spillway on the PATH and ./build/spillway); build it with ./tools/run in a clone of Spillway, then put",
    "its build folder on the PATH, set the environment variable SPILLWAY, or give program ="))
}

runnable <- function(candidate) {
  candidate <- path.expand(candidate)
  if (!grepl("/", candidate, fixed = TRUE)) return(unname(Sys.which(candidate)))
  if (file.access(candidate, 1) == 0 && !dir.exists(candidate)) normalizePath(candidate) else ""
}

#' @rdname find_program
#' @export
spillway_version <- function(program = NULL) trimws(call_program("--version", program = program)$text)

# A value as --set takes it.
as_toml <- function(value, inside = FALSE) {
  if (inherits(value, c("Date", "POSIXt"))) return(format(value, "%Y-%m-%d"))
  if (is.factor(value)) value <- as.character(value)
  if (length(names(value)) > 0) {
    parts <- vapply(as.list(value), as_toml, "", inside = TRUE)
    return(paste0("{ ", paste(names(value), "=", parts, collapse = ", "), " }"))
  }
  if (is.list(value) || length(value) != 1 || inherits(value, "AsIs"))
    return(paste0("[", paste(vapply(as.list(unclass(value)), as_toml, "", inside = TRUE), collapse = ", "), "]"))
  if (is.na(value) && !is.nan(value)) input_fault("NA is no value of a setting; leave the setting out")
  if (is.logical(value)) return(if (value) "true" else "false")
  if (is.numeric(value)) return(number_text(value))
  if (inside) quoted(as.character(value)) else as.character(value)
}

# The shortest text that reads back as the same number; whole numbers without a point, for keys that count.
number_text <- function(value) {
  if (is.infinite(value)) return(if (value > 0) "inf" else "-inf")
  if (is.nan(value)) return("nan")
  if (value == trunc(value) && abs(value) < 2^53) return(format(value, scientific = FALSE, digits = 17, trim = TRUE))
  for (digits in 15:17) {
    text <- format(value, digits = digits, trim = TRUE)
    if (as.numeric(text) == value) break
  }
  text
}

quoted <- function(text) as.character(jsonlite::toJSON(text, auto_unbox = TRUE))

set_flags <- function(settings) {
  if (length(settings) == 0) return(character())
  if (is.null(names(settings)) || any(!nzchar(names(settings))))
    input_fault("every setting needs its key as a name: settings = list(\"outcomes.horizon\" = 5)")
  as.vector(rbind("--set", paste0(names(settings), "=", vapply(as.list(settings), as_toml, ""))))
}

faults_of <- function(document) {
  found <- document$faults
  if (length(found) == 0) return(no_faults())
  part <- function(name, empty) sapply(found, function(f) if (is.null(f[[name]])) empty else f[[name]])
  data.frame(what = part("what", ""), file = part("file", ""), line = as.integer(part("line", 0L)),
             column = as.character(part("column", "")), value = as.character(part("value", "")))
}

# Call the program: its standard output and, where it takes --json, what it wrote there.
call_program <- function(words, program = NULL, takes_json = FALSE, progress = interactive()) {
  folder <- tempfile("spillway-")
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  at <- function(name) file.path(folder, name)
  words <- c(find_program(program), words, if (takes_json) c("--json", at("json")))
  # The pipe carries what the program says while it works; its output and exit code go to files.
  command <- sprintf("%s 2>&1 >%s; echo $? >%s", paste(shQuote(words), collapse = " "), shQuote(at("out")), shQuote(at("code")))
  listening <- pipe(command, "r", encoding = "UTF-8")
  on.exit(close(listening), add = TRUE, after = FALSE)
  said <- character()
  while (length(line <- readLines(listening, 1, warn = FALSE)) > 0) {
    said <- c(said, line)
    if (progress && !startsWith(line, "spillway: ")) message(line)
  }
  exit_code <- if (file.exists(at("code"))) as.integer(readLines(at("code"), warn = FALSE)) else 130L
  text <- if (file.exists(at("out"))) paste0(readLines(at("out"), warn = FALSE, encoding = "UTF-8"), "\n", collapse = "") else ""
  document <- if (takes_json && file.exists(at("json")) && file.size(at("json")) > 0)
    jsonlite::fromJSON(at("json"), simplifyVector = FALSE)
  if (exit_code != 0) {
    first <- which(startsWith(said, "spillway: "))
    message <- paste(said[seq.int(if (length(first)) first[1] else 1L, length.out = length(said) - if (length(first)) first[1] - 1L else 0L)],
                     collapse = "\n")
    fail_by_exit_code(exit_code, sub("^spillway: ", "", message), faults_of(document))
  }
  list(text = text, document = document)
}
